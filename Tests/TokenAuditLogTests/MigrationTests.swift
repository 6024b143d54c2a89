import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Logs of schema version 1", .timeLimit(.minutes(2)))
struct MigrationTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A log that was written by the program of version 1 (`Fixtures/audit/version1`).
    struct Old: Sendable, CustomTestStringConvertible {
        let name: String
        let rows: Int64
        let head: String
        var findings: [String] = []
        var testDescription: String { name }

        static let all = [
            Old(
                name: "plain",
                rows: 36,
                head: "01a0c451-f2a0-7890-8b55-d7ca480b2db4 36"
                    + " 90831f4c899b0049d650a4fd80753fc268b2508fff8482703f8342542f88f740"
            ),
            Old(
                name: "signed",
                rows: 29,
                head: "01a0c451-f2a0-7b63-a7df-28d151065c58 29"
                    + " 8cdb4b8aa5e981e30ecdbf2a5fd1f5f53e9f156f82d99b28bd6611caad584eeb"
            ),
            Old(
                name: "pruned",
                rows: 21,
                head: "01a0c451-f2a0-7968-9ccd-d96d637b484b 41"
                    + " dcb926c61d3d99606fd432f9e5d5dbaf9eaf9fcf46a5cfa560d6064a6bb9b4f4"
            ),
            Old(
                name: "acknowledged",
                rows: 25,
                head: "01a0c451-f2a0-7774-a71d-a8722dfa5bc2 26"
                    + " 36c97c74a9c3091322d3575e4f4616bea289f9d24e808fa6b891db23c4db2a20",
                findings: ["payload-altered 3 acknowledged 21", "rows-missing 7 acknowledged 21"]
            ),
        ]

        func copy(to folder: TemporaryFolder) throws -> String {
            let path = folder.path(name + ".auditlog")
            let original = Repository.path("Fixtures/audit/version1/\(name).auditlog")
            try FileManager.default.copyItem(atPath: original, toPath: path)
            return path
        }
    }

    private func version(_ path: String) throws -> Int64? {
        try Connection(path: path, mode: .reading).integer("PRAGMA user_version")
    }

    private func expectIntact(_ path: String, _ old: Old, newRows: Int64 = 0) async throws {
        let head = try #require(AuditHead(old.head))
        let report = try await Logs.verification(of: path, heads: [head])
        #expect(report.lines == old.findings && report.isIntact && report.rows == old.rows + newRows)
        let other = try await OtherVerifier.verify(path, heads: [head])
        #expect(other.findings == old.findings && other.head == report.head.description)
    }

    @Test("both verifiers check them, and a reader leaves them as they are", arguments: Old.all)
    func reading(old: Old) async throws {
        let path = try old.copy(to: folder)
        let before = try Data(contentsOf: URL(filePath: path))
        try await expectIntact(path, old)
        var filter = AuditFilter()
        filter.user = "app"
        let reader = try await AuditLogReader.open(path)
        #expect(try await reader.page(matching: filter, limit: 5).entries.count == 5)
        #expect(try await reader.statistics().total.issued > 0)
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
        #expect(try version(path) == 1)
    }

    @Test("a writer brings them to the newest version; their rows still verify and are found", arguments: Old.all)
    func migration(old: Old) async throws {
        let path = try old.copy(to: folder)
        let rows = try await Logs.entries(of: path)
        try await Logs.write(2, to: path, from: 900)
        #expect(try version(path) == Schema.migrations.last?.version)
        try await expectIntact(path, old, newRows: 2)
        #expect(try await Logs.entries(of: path).dropLast(2) == rows[...])
        var filter = AuditFilter()
        filter.user = "jos\u{E9}"
        let found = try await AuditLogReader.open(path).page(matching: filter).entries
        let expected = rows.filter { $0.record?.target?.user.isBytewiseEqual(to: "jos\u{E9}") == true }
        #expect(found.map(\.sequence) == expected.map(\.sequence).reversed())
    }

    @Test("a backup of one is one of the same version")
    func backup() async throws {
        let path = try Old.all[0].copy(to: folder)
        try await AuditLogReader.open(path).backUp(to: folder.path("copy"))
        #expect(try version(folder.path("copy")) == 1)
        try await expectIntact(folder.path("copy"), Old.all[0])
    }
}
