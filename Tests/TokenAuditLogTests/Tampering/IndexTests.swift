import AuthTokens
import CSQLite
import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Indexes that do not lead to all rows", .timeLimit(.minutes(5)))
struct IndexTests {
    let folder: TemporaryFolder
    var path: String { folder.path("tokens.auditlog") }

    init() throws { folder = try TemporaryFolder() }

    /// Changes the file as any program can that may write it.
    private func tamper(_ statements: [String]) throws {
        for sql in statements {
            // One connection each: SQLite reads the schema when it opens the file.
            var database: OpaquePointer?
            #expect(sqlite3_open(path, &database) == SQLITE_OK)
            defer { sqlite3_close(database) }
            #expect(
                sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK,
                "\(String(cString: sqlite3_errmsg(database)))"
            )
        }
    }

    private func write() async throws {
        let log = try await AuditLog.open(path, configuration: Logs.quiet)
        for number in 1...60 {
            var event = Events.issue(number, user: "user\(number % 3)", host: "DB\(number % 2).example.com.")
            event.signingHost = number % 4 == 0 ? "prod.example.com" : "db\(number % 2).example.com"
            if number % 10 == 0 { event.user = "us\u{0}er\"\\é" }
            try await log.record(event)
        }
        await log.close()
    }

    /// Makes an index with other contents, and puts its SQL back.
    private func rebuild(_ index: EntryView.Index, as other: String) throws {
        let quoted = index.statement.replacing("'", with: "''")
        try tamper([
            "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = '\(other.replacing("'", with: "''"))'"
                + " WHERE name = '\(index.name)'",
            "REINDEX \(index.name); PRAGMA writable_schema = ON;"
                + "UPDATE sqlite_schema SET sql = '\(quoted)' WHERE name = '\(index.name)'",
        ])
    }

    @Test("all indexes agree with the rows, whatever the texts", arguments: EntryView.indexes.map(\.name))
    func agree(name: String) async throws {
        try await write()
        #expect(try await Logs.verification(of: path).findings == [])
        let connection = try Connection(path: path, mode: .reading)
        let index = try #require(EntryView.indexes.first { $0.name == name })
        let count = try #require(try connection.integer("SELECT count(*) FROM event WHERE \(index.condition)"))
        #expect(count > 0)
        // In steps of no time at all, each entry is read in a transaction of its own.
        let verifier = ChainVerifier(file: ReadOnlyFile(path: path), timeout: .seconds(10), pace: .zero)
        #expect(try verifier.verify().findings == [])
    }

    @Test("an index without one row's entry is found, and which row it is", arguments: EntryView.indexes.map(\.name))
    func missing(name: String) async throws {
        try await write()
        let index = try #require(EntryView.indexes.first { $0.name == name })
        try rebuild(index, as: index.statement + " AND seq <> 5")
        let report = try await Logs.verification(of: path)
        #expect(report.lines == ["index-altered 5"] && !report.isIntact, "\(report.findings)")
        #expect(try await OtherVerifier.verify(path).status == 0)
        try tamper(["REINDEX"])
        #expect(try await Logs.verification(of: path).findings == [])
    }

    @Test("an index of as many entries with other values is found")
    func altered() async throws {
        try await write()
        let index = try #require(EntryView.indexes.first { $0.column == "by_fingerprint" })
        try rebuild(index, as: index.statement.replacing("token.sha256", with: "id"))
        let report = try await Logs.verification(of: path)
        #expect(report.findings.map(\.kind) == [.indexAltered], "\(report.findings)")
        let backup = folder.path("copy")
        try await AuditLogReader.open(path).backUp(to: backup)
        #expect(try await Logs.verification(of: backup).findings == [])
    }

    @Test("an index that is gone, or whose SQL is changed, is a finding about the schema")
    func dropped() async throws {
        try await write()
        try tamper(["DROP INDEX event_by_user"])
        #expect(try await Logs.verification(of: path).lines == ["schema-altered 0"])
        var filter = AuditFilter()
        filter.user = "user1"
        #expect(try await AuditLogReader.open(path).page(matching: filter).entries.count == 18)
    }

    @Test("an index with a damaged page is found")
    func damaged() async throws {
        try await write()
        let connection = try Connection(path: path, mode: .reading)
        let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'event_by_server'"
        let page = (Int(try #require(try connection.integer(sql))) - 1) * 4096
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes.replaceSubrange(page..<page + 100, with: Data(repeating: 0xFF, count: 100))
        try bytes.write(to: URL(filePath: path))
        let report = try await Logs.verification(of: path)
        #expect(report.findings.map(\.kind) == [.indexAltered], "\(report.findings)")
    }

    @Test("payloads that are not canonical are indexed as SQLite reads them")
    func notCanonical() async throws {
        try await write()
        let room = try SearchRoom()
        for (number, payload) in SearchDifferenceTests.broken.enumerated() { try room.add(Int64(number + 1), payload) }
        let report = try await Logs.verification(of: room.path)
        #expect(!report.findings.contains { $0.kind == .indexAltered })
    }
}
