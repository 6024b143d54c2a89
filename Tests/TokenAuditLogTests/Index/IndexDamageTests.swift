import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("A damaged index", .timeLimit(.minutes(5)))
struct IndexDamageTests {
    struct Damage: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sql: String
        /// The rows it concerns.
        let rows: [Int64]
    }

    @Test("reindexing a log without rows empties the index")
    func empty() async throws {
        let room = try IndexRoom()
        try room.connection.execute("INSERT INTO segment VALUES (0, 0, 1, 2); INSERT INTO lookup VALUES (0, 4711, 7)")
        #expect(try room.connection.integer("SELECT min(seq) FROM event") == nil)
        try Indexer(room.connection).rebuildAll()
        #expect(try room.connection.integer("SELECT count(*) FROM segment") == 0)
        #expect(try room.connection.integer("SELECT count(*) FROM lookup") == 0)
    }

    /// Of 96 indexed rows, one a second.
    static let damages = [
        Damage(
            testDescription: "an entry that is missing",
            sql: "DELETE FROM lookup WHERE seq = 7 AND key = (SELECT min(key) FROM lookup WHERE seq = 7)",
            rows: [7]
        ),
        Damage(testDescription: "a row without entries", sql: "DELETE FROM lookup WHERE seq = 7", rows: [7]),
        Damage(
            testDescription: "an entry that is wrong",
            sql: "UPDATE lookup SET key = key + 1 WHERE seq = 7 AND key = (SELECT min(key) FROM lookup WHERE seq = 7)",
            rows: [7, 7]
        ),
        Damage(testDescription: "an entry too many", sql: "INSERT INTO lookup VALUES (0, 4711, 7)", rows: [7]),
        Damage(testDescription: "an entry of no row", sql: "INSERT INTO lookup VALUES (0, 4711, 5000)", rows: [5000]),
        Damage(
            testDescription: "an entry in a segment to come",
            sql: "INSERT INTO lookup VALUES (3, 4711, 50000)",
            rows: [49152]
        ),
        Damage(
            testDescription: "rows to come that are said to be indexed",
            sql: "UPDATE segment SET through_seq = 1000",
            rows: [100, 1, 97, 98, 99, 100]
        ),
        Damage(
            testDescription: "more of a segment than it has",
            sql: "UPDATE segment SET through_seq = 16384",
            rows: [100, 1, 97, 98, 99, 100]
        ),
        Damage(
            testDescription: "a segment to come",
            sql: "INSERT INTO segment VALUES (1, 16384, 0, 1)",
            rows: [100, 97, 1, 97, 98, 99, 100]
        ),
        Damage(
            testDescription: "an earliest time that is too late",
            sql: "UPDATE segment SET first_us = first_us + 1",
            rows: [1]
        ),
        Damage(
            testDescription: "a latest time that is too early",
            sql: "UPDATE segment SET last_us = last_us - 1",
            rows: [1]
        ),
        Damage(testDescription: "no times", sql: "UPDATE segment SET first_us = NULL, last_us = NULL", rows: [1]),
        Damage(testDescription: "no segment and its entries left", sql: "DELETE FROM segment", rows: [0]),
    ]

    @Test("a check of the index finds the damage, and reindexing repairs it", arguments: damages)
    func found(damage: Damage) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try await Logs.write(100, to: path)
        let connection = try Connection(path: path, mode: .writing)
        #expect(try connection.lastIndexed()?.through == 96)
        #expect(try await Logs.verification(of: path, checkingIndexes: true).findings == [])
        try connection.execute(damage.sql)
        #expect(try await Logs.verification(of: path).findings == [])
        let report = try await Logs.verification(of: path, checkingIndexes: true)
        #expect(report.findings.map(\.kind) == damage.rows.map { _ in .indexAltered })
        #expect(report.findings.map(\.sequence) == damage.rows)
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        try await log.reindex()
        #expect(try await Logs.verification(of: path, checkingIndexes: true).findings == [])
        #expect(try connection.lastIndexed()?.through == 100)
        await log.close()
    }

    @Test(
        "an index with impossible row numbers stops neither a search nor an event",
        arguments: [Int64.min, -1, 1 << 50, .max].flatMap { number in [Int64.min, .max].map { (number, $0) } }
    )
    func absurd(number: Int64, through: Int64) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try await Logs.write(20, to: path)
        let forgery =
            "INSERT INTO segment VALUES (\(number), \(through), 0, 1); INSERT INTO lookup VALUES (\(number), 1, 1)"
        try Connection(path: path, mode: .writing).execute(forgery)
        var filter = AuditFilter()
        filter.user = "app"
        for filter in [filter, AuditFilter()] {
            _ = try await AuditLogReader.open(path).entries(matching: filter)
        }
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        try await Logs.write(20, to: log, from: 21)
        try await log.reindex()
        await log.close()
        #expect(try await Logs.verification(of: path, checkingIndexes: true).findings == [])
        #expect(try await AuditLogReader.open(path).entries(matching: filter).entries.count == 40)
    }

    @Test("a missing segment between others is found and repaired")
    func missingSegment() throws {
        let room = try IndexRoom()
        let segment = Segment(number: 1).rows.lowerBound
        for number in 1..<5 { try room.add(Int64(number) * segment, user: "u") }
        try room.foldAll()
        try room.connection.execute("DELETE FROM segment WHERE number = 2")
        var filter = AuditFilter()
        filter.user = "u"
        #expect(try room.search(filter) != room.scan(filter))
        #expect(try room.findings().map(\.sequence) == [2 * segment])
        try room.connection.execute("UPDATE segment SET through_seq = through_seq - 1 WHERE number = 3")
        #expect(try room.findings().map(\.sequence) == [2 * segment, 3 * segment])
        try Indexer(room.connection).rebuildAll()
        #expect(try room.findings() == [])
        #expect(try room.search(filter) == room.scan(filter))
    }

    @Test(
        "a missing table of the index stops no event and is a finding",
        arguments: ["DROP TABLE lookup", "DROP TABLE segment"]
    )
    func missingTables(sql: String) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try await Logs.write(20, to: path)
        try Connection(path: path, mode: .writing).execute(sql)
        try await Logs.write(20, to: path, from: 21)
        let report = try await Logs.verification(of: path, checkingIndexes: true)
        #expect(report.rows == 40)
        #expect(report.findings.map(\.kind) == [.schemaAltered, .indexAltered])
        #expect(await Logs.code { try await AuditLog.open(path, configuration: Logs.bare).reindex() } == .sqlite)
        // The log itself is intact.
        let other = try await OtherVerifier.verify(path)
        #expect(other.status == 0, "\(other)")
    }

    @Test("damaged pages of the index are a finding, and a backup's index is whole")
    func damagedPage() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try await Logs.write(200, to: path)
        let page = try #require(
            try Connection(path: path, mode: .reading).integer(
                "SELECT rootpage FROM sqlite_schema WHERE name = 'lookup'"
            )
        )
        let file = try FileHandle(forUpdating: URL(filePath: path))
        try file.seek(toOffset: UInt64(page - 1) * 4096)
        try file.write(contentsOf: Data(repeating: 0xFF, count: 64))
        try file.close()
        #expect(try await Logs.verification(of: path).findings == [])
        let report = try await Logs.verification(of: path, checkingIndexes: true)
        #expect(Set(report.findings.map(\.kind)) == [.indexAltered])
        try await Logs.write(20, to: path, from: 201)
        let reader = try await AuditLogReader.open(path)
        var filter = AuditFilter()
        filter.user = "app"
        #expect(await Logs.code { _ = try await reader.entries(matching: filter, limit: 500) } == .damaged)
        let copy = folder.path("copy")
        try await reader.backUp(to: copy)
        #expect(try await Logs.verification(of: copy, checkingIndexes: true).findings == [])
        #expect(try await AuditLogReader.open(copy).entries(matching: filter, limit: 500).entries.count == 220)
    }
}
