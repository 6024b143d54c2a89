import AuthTokens
import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("A planted trigger", .timeLimit(.minutes(5)))
struct PlantedTriggerTests {
    struct Plant: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sql: String
        /// The object that verification names.
        let name: String
    }

    static let plants = [
        Plant(
            testDescription: "that passes rows over, named almost like SQLite's own",
            sql: """
                CREATE TRIGGER sqliteXskip BEFORE INSERT ON event WHEN NEW.payload LIKE '%mallory%'
                BEGIN SELECT RAISE(IGNORE); END
                """,
            name: "trigger sqliteXskip"
        ),
        Plant(
            testDescription: "that takes rows out again",
            sql: """
                DROP TRIGGER event_kept;
                CREATE TRIGGER tidy AFTER INSERT ON event WHEN NEW.payload LIKE '%mallory%'
                BEGIN DELETE FROM event WHERE seq = NEW.seq; END
                """,
            name: "trigger tidy"
        ),
        Plant(
            testDescription: "with a name of SQLite's own",
            sql: """
                CREATE TRIGGER skip BEFORE INSERT ON event WHEN NEW.payload LIKE '%mallory%'
                BEGIN SELECT RAISE(IGNORE); END;
                PRAGMA writable_schema = ON;
                UPDATE sqlite_schema SET name = 'sqlite_skip', sql = replace(sql, 'skip', 'sqlite_skip')
                WHERE name = 'skip'
                """,
            name: "trigger sqlite_skip"
        ),
    ]

    @Test(
        "no event passes for stored if a planted trigger drops its row, and verification finds the trigger",
        arguments: plants
    )
    func planted(plant: Plant) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try await Logs.write(1, to: path)
        // With another library: this module's connections refuse to write the schema.
        let script =
            "import sqlite3, sys; sqlite3.connect(sys.argv[1], isolation_level=None).executescript(sys.argv[2])"
        let done = try await ChildProcess.run("/usr/bin/env", ["python3", "-c", script, path, plant.sql])
        #expect(done.status == 0, "\(done.errors)")
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        #expect(await Logs.code { try await log.record(Events.issue(2, user: "mallory")) } == .damaged)
        try await log.record(Events.issue(3))
        await log.close()
        let entries = try await Logs.entries(of: path)
        #expect(entries.compactMap(\.record?.target?.user) == ["app", "app"])
        let report = try await Logs.verification(of: path)
        #expect(report.findings.contains { $0.message.hasPrefix(plant.name + " ") }, "\(report.findings)")
    }

    @Test("a pruning whose mark is dropped by a planted trigger does not begin")
    func anchor() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        try await Logs.write(5, to: log)
        try Connection(path: path, mode: .writing).execute(
            "CREATE TRIGGER skip BEFORE INSERT ON anchor BEGIN SELECT RAISE(IGNORE); END"
        )
        #expect(await Logs.code { _ = try await log.prune(before: .distantFuture) } == .damaged)
        await log.close()
        #expect(try await Logs.entries(of: path).map(\.sequence) == Array(1...5))
    }

    @Test("tables that ANALYZE leaves are no finding")
    func analyze() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try await Logs.write(5, to: path)
        try Connection(path: path, mode: .writing).execute("ANALYZE")
        #expect(try await Logs.verification(of: path).isIntact)
    }
}
