import AuthTokens
import CSQLite
import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Damaged and foreign files", .timeLimit(.minutes(5)))
struct DamageTests {
    let folder: TemporaryFolder
    var path: String { folder.path("tokens.auditlog") }

    init() throws { folder = try TemporaryFolder() }

    @Test("one flipped byte in a payload is found, although SQLite sees nothing")
    func flippedByte() async throws {
        try await Logs.write(200, to: path)
        try flipBit(of: Data(#""host":"db.example.com""#.utf8))
        let report = try await Logs.verification(of: path)
        // The index still leads to the old host.
        #expect(report.findings.map(\.kind) == [.payloadAltered, .indexAltered])
        #expect(try await OtherVerifier.verify(path).findings == report.lines.filter { !$0.hasPrefix("index") })
        #expect(try Connection(path: path, mode: .reading).integer("SELECT count(*) FROM event") == 200)
    }

    private func flipBit(of text: Data) throws {
        var bytes = try Data(contentsOf: URL(filePath: path))
        let place = try #require(bytes.range(of: text))
        bytes[place.upperBound - 2] ^= 1
        try bytes.write(to: URL(filePath: path))
    }

    @Test("damaged pages are reported row by row, and the rows around them are checked")
    func damagedPage() async throws {
        try await Logs.write(300, to: path)
        let page = try Connection(path: path, mode: .reading).leafPage(ofRow: 150)
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes.replaceSubrange((page - 1) * 4096..<(page - 1) * 4096 + 64, with: Data(repeating: 0xFF, count: 64))
        try bytes.write(to: URL(filePath: path))
        let report = try await Logs.verification(of: path)
        #expect(!report.isIntact)
        #expect(report.findings.allSatisfy { $0.kind == .unreadable })
        #expect(report.findings.contains { $0.sequence == 150 })
        #expect(report.rows + Int64(report.findings.count) == 300)
        #expect(report.head.sequence == 300)
    }

    @Test("a log copied without its -wal ends before the head kept elsewhere")
    func copiedWithoutWAL() async throws {
        var configuration = Logs.bare
        configuration.journalMode = .wal
        let log = try await AuditLog.open(path, configuration: configuration)
        try await Logs.write(5, to: log)
        let head = try await AuditLogReader.open(path).head()
        #expect(head.sequence == 5)
        // A checkpoint moves some rows into the file; the rest stays in the -wal.
        let other = try Connection(path: path, mode: .writing)
        #expect(try other.integer("SELECT count(*) FROM event") == 5)
        #expect(sqlite3_wal_checkpoint_v2(other.handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil) == SQLITE_OK)
        try await Logs.write(5, to: log, from: 6)
        let last = try await AuditLogReader.open(path).head()
        try FileManager.default.copyItem(atPath: path, toPath: folder.path("copy"))
        let report = try await Logs.verification(of: folder.path("copy"), heads: [last])
        #expect(report.findings.map(\.kind) == [.truncated])
        #expect(try await OtherVerifier.verify(folder.path("copy"), heads: [last]).findings == report.lines)
        await log.close()
    }

    struct Foreign: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: AuditLogError.Code
        let make: @Sendable (String) throws -> Void

        static let all = [
            Foreign(testDescription: "a text", code: .notAnAuditLog) {
                try Data(repeating: 0x41, count: 5000).write(to: URL(filePath: $0))
            },
            Foreign(testDescription: "another database", code: .notAnAuditLog) {
                try DamageTests.database($0, "CREATE TABLE t (a); INSERT INTO t VALUES (1)")
            },
            Foreign(testDescription: "a truncated database", code: .damaged) {
                try DamageTests.database($0, "CREATE TABLE t (a); CREATE TABLE u (a)")
                guard truncate($0, 5000) == 0 else { throw CocoaError(.fileWriteUnknown) }
            },
            Foreign(testDescription: "a newer log", code: .newerSchema) {
                try DamageTests.database(
                    $0,
                    "PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = 99"
                )
            },
        ]
    }

    @Test("a foreign file is refused by writer and reader, and left as it was", arguments: Foreign.all)
    func foreign(file: Foreign) async throws {
        try file.make(path)
        let before = try Data(contentsOf: URL(filePath: path))
        #expect(await Logs.code { _ = try await AuditLog.open(path) } == file.code)
        #expect(await Logs.code { _ = try await AuditLogReader.open(path) } == file.code)
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["tokens.auditlog"])
    }

    private static func database(_ path: String, _ sql: String) throws {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        try Connection(path: path, mode: .writing).execute(sql)
    }

    @Test("migrations run in a transaction each, and a failing one changes nothing")
    func migration() async throws {
        try await Logs.write(3, to: path)
        let newest = try #require(Schema.migrations.last?.version)
        let second = Schema.Migration(
            version: newest + 1,
            statements: "CREATE TABLE extra (a); INSERT INTO extra VALUES (1)"
        )
        let bad = Schema.Migration(version: newest + 2, statements: "CREATE TABLE other (a); SELECT no_such_function()")
        let connection = try Connection(path: path, mode: .writing)
        let migrator = Migrator(migrations: Schema.migrations + [second, bad])
        #expect(throws: AuditLogError.self) { try migrator.migrate(connection, at: Events.start) }
        #expect(try connection.integer("PRAGMA user_version") == newest + 1)
        #expect(try connection.integer("SELECT count(*) FROM extra") == 1)
        #expect(try connection.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'other'") == 0)
        #expect(await Logs.code { _ = try await AuditLogReader.open(path) } == .newerSchema)
    }

    @Test("logs that create one file at the same time create one log")
    func creation() async throws {
        let logs = try await withThrowingTaskGroup(of: AuditLog.self) { group in
            for _ in 0..<8 { group.addTask { try await AuditLog.open(path, configuration: Logs.bare) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for (number, log) in logs.enumerated() { try await log.record(Events.issue(number)) }
        for log in logs { await log.close() }
        let report = try await Logs.verification(of: path)
        #expect(report.rows == 8 && report.isIntact)
    }

    @Test("a verification continues from a row verified before, and finds that row changed")
    func incremental() async throws {
        try await Logs.write(30, to: path)
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        let first = try await Logs.verification(of: path)
        try await Logs.write(5, to: log, from: 31)
        await log.close()
        let reader = try await AuditLogReader.open(path)
        let start = first.head
        let second = try await reader.verify(from: start)
        #expect(second.rows == 5 && second.isIntact && second.head.sequence == 35)
        try await Forgery.forge(path, "rewrite", 20)
        #expect(try await AuditLogReader.open(path).verify(from: start).lines == ["head-mismatch 30"])
    }

    @Test("all findings are counted and a thousand are kept")
    func manyFindings() async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<1500 { group.addTask { try await log.record(Events.issue(number)) } }
            try await group.waitForAll()
        }
        await log.close()
        let connection = try Connection(path: path, mode: .writing)
        try connection.execute("DROP TRIGGER event_unchanged; UPDATE event SET leaf_hash = zeroblob(32)")
        let report = try await Logs.verification(of: path)
        #expect(report.findings.count == 1000)
        #expect(report.findingCount == 3001)
        #expect(!report.isIntact)
    }
}

extension Connection {
    /// The page that holds a row of the table of events, found by its text.
    fileprivate func leafPage(ofRow sequence: Int64) throws -> Int {
        let payload = try #require(try text("SELECT payload FROM event WHERE seq = \(sequence)"))
        let bytes = try Data(contentsOf: URL(filePath: path))
        let range = try #require(bytes.range(of: Data(payload.utf8)))
        return range.lowerBound / 4096 + 1
    }
}
