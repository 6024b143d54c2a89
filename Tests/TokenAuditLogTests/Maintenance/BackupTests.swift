import CSQLite
import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Backups of a damaged log, or of one in use", .timeLimit(.minutes(5)))
struct BackupTests {
    let folder: TemporaryFolder
    var path: String { folder.path("tokens.auditlog") }
    var copy: String { folder.path("copy.auditlog") }

    init() throws { folder = try TemporaryFolder() }

    /// Changes the file as any program can that may write it.
    private func tamper(_ sql: String) throws {
        var database: OpaquePointer?
        #expect(sqlite3_open(path, &database) == SQLITE_OK)
        defer { sqlite3_close(database) }
        #expect(sqlite3_exec(database, "PRAGMA writable_schema = ON; " + sql, nil, nil, nil) == SQLITE_OK)
    }

    private func evil(_ number: Int) -> String { folder.path("evil\(number)") }

    @Test("a backup runs no SQL of the file and copies nothing but the log")
    func foreignSQL() async throws {
        try await Logs.write(5, to: path)
        let attack = "; VACUUM INTO ''\(evil(1))''; ATTACH ''\(evil(2))'' AS e; CREATE TABLE e.t (a)"
        try tamper("UPDATE sqlite_schema SET sql = sql || '\(attack)' WHERE name IN ('meta', 'event_kept')")
        try tamper("CREATE TABLE extra (a); CREATE VIEW seen AS SELECT 1; CREATE INDEX by_payload ON event (payload)")
        let reader = try await AuditLogReader.open(path)
        #expect(try await reader.backUp(to: copy) == reader.head())
        for number in 1...2 { #expect(!FileManager.default.fileExists(atPath: evil(number))) }
        #expect(try await Logs.verification(of: copy).findings == [])
        #expect(try await Logs.entries(of: copy).count == 5)
    }

    /// Acts when a connection begins its transaction of a given number.
    private final class Interruption {
        private var left: Int
        private let act: () throws -> Void

        init(at number: Int, of connection: Connection, _ act: @escaping () throws -> Void) {
            (left, self.act) = (number, act)
            let trace:
                @convention(c) (UInt32, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?)
                    -> Int32 = { _, context, _, sql in
                        guard let context, let sql else { return 0 }
                        let text = String(cString: sql.assumingMemoryBound(to: CChar.self))
                        Unmanaged<Interruption>.fromOpaque(context).takeUnretainedValue().didRun(text)
                        return 0
                    }
            let context = Unmanaged.passUnretained(self).toOpaque()
            sqlite3_trace_v2(connection.handle, UInt32(SQLITE_TRACE_STMT), trace, context)
        }

        private func didRun(_ sql: String) {
            guard sql == "BEGIN" else { return }
            left -= 1
            guard left == 0 else { return }
            do { try act() } catch { Issue.record(error) }
        }
    }

    @Test("a copy of a log that is pruned during the backup records the pruning", arguments: 1...5)
    func prunedMeanwhile(transaction: Int) async throws {
        try await Logs.write(20, to: path)
        let committer = try Committer(path: path, configuration: Logs.bare)
        let source = try ReadOnlyFile(path: path).open(limit: .seconds(10))
        let interruption = Interruption(at: transaction, of: source) {
            try committer.prune(before: .distantFuture)
        }
        let head = try withExtendedLifetime(interruption) {
            try Backup(source: source, path: copy, stride: 10).run()
        }
        let report = try await Logs.verification(of: copy)
        #expect(report.findings == [] && report.head == head)
        #expect(try await OtherVerifier.verify(copy).status == 0)
    }
}
