#if Command
import AuditFleet
import Foundation
import LibpqClient
import TestSupport
import Testing
import TokenAuditLog

@Suite("rds-iam audit fleet", .enabled(if: TestServer.other == nil), .timeLimit(.minutes(2)))
struct FleetCommandTests {
    private let folder: TemporaryFolder
    private var log: String { folder.path("log") }

    init() throws { folder = try TemporaryFolder() }

    /// What `rds-iam audit` is called with by a user who logs in with a token.
    private func arguments(
        _ database: FleetDatabase,
        _ user: String,
        _ command: [String],
        _ more: [String] = []
    ) throws -> [String] {
        let server = try database.lookalike
        let conninfo =
            server.conninfo(user: user).replacing("dbname=postgres", with: "dbname=\(database.name)")
            + " sslrootcert=\(server.facts.ca)"
        return ["audit"] + command + [conninfo] + more
    }

    private func environment(_ database: FleetDatabase) throws -> [String: String] {
        let facts = try database.lookalike.facts
        return [
            "AWS_SHARED_CREDENTIALS_FILE": facts.credentials, "AWS_CONFIG_FILE": "/dev/null",
            "HOME": folder.url.path, "AWS_REGION": facts.region, "RDS_IAM_AUDIT_LOG": folder.path("own"), "TZ": "UTC",
        ]
    }

    private func audit(
        _ database: FleetDatabase,
        _ user: String,
        _ command: [String],
        _ more: [String] = [],
        input: String = ""
    ) async throws -> CommandResult {
        try await ChildProcess.run(
            try Repository.built("rds-iam"),
            arguments(database, user, command, more),
            environment: environment(database),
            input: Data(input.utf8)
        )
    }

    @Test("A fleet from its first day: init, ship, status, verify, list, find-token, stats, report, with tokens")
    func walk() async throws {
        let database = try await FleetDatabase.make(isInstalled: false)
        try await database.forge("ALTER DATABASE \(database.name) OWNER TO owner_one; ALTER ROLE owner_one CREATEROLE")
        let made = try await audit(database, "owner_one", ["fleet", "init"])
        #expect(made.status == 0 && made.output.contains("is made"), "\(made.errors)")
        #expect(try await audit(database, "owner_one", ["fleet", "init"]).output.contains("up to date"))
        try await database.forge("GRANT audit_fleet_shipper TO shipper_one; GRANT audit_fleet_reader TO auditor_one")
        try await Logs.write(40, to: log, user: "andrew")
        try await Logs.write(10, to: folder.path("second"), user: "berta")
        let shipped = try await audit(
            database,
            "shipper_one",
            ["ship"],
            [log, folder.path("second"), "--as-host", "app-1"]
        )
        let head = try await Logs.head(of: log)
        #expect(shipped.status == 0, "\(shipped.errors)")
        #expect(shipped.output.contains("\(log): \(head.sequence) rows shipped, up to row \(head.sequence)"))
        try folder.write("\(head)\n\n", to: "heads")

        let status = try await audit(database, "auditor_one", ["fleet", "status"])
        #expect(status.status == 0 && status.lines.count == 2, "\(status.errors)")
        #expect(status.lines.first?.hasPrefix("app-1\t\(log)\t\(head.logID)\t\(head.sequence)\t") == true)
        let verified = try await audit(
            database,
            "auditor_one",
            ["fleet", "verify"],
            ["--heads", folder.path("heads")]
        )
        #expect(
            verified.status == 0 && verified.output.contains("The fleet is intact. Logs: 2, rows: "),
            "\(verified.errors)"
        )
        #expect(verified.output.contains("\(head)"))
        let list = try await audit(database, "auditor_one", ["fleet", "list"], ["--user", "andrew", "--limit", "7"])
        #expect(list.lines.count == 7 && list.lines.allSatisfy { $0.hasPrefix("app-1\t") && $0.contains("andrew@db-") })
        let json = try await audit(database, "auditor_one", ["fleet", "list"], ["--json", "--limit", "1"])
        let row = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        #expect(row?["schema"] as? String == "rds-iam.audit.fleet.row/1" && row?["host"] as? String == "app-1")
        #expect(row?["payload"] is [String: Any])
        let stats = try await audit(database, "auditor_one", ["fleet", "stats"])
        #expect(stats.output.contains("user\tandrew\t40\t") && stats.output.contains("total\t\t50\t"))
        let report = try await audit(database, "auditor_one", ["fleet", "report"], [folder.path("page.html")])
        #expect(report.status == 0 && report.output.contains("2 logs, 50 tokens"), "\(report.errors)")
        let page = try String(contentsOfFile: folder.path("page.html"), encoding: .utf8)
        #expect(page.contains("andrew") && page.contains("\(head)"))
        let fingerprint = try #require(try await database.value("SELECT max(fingerprint) FROM audit_fleet.entry"))
        let found = try await audit(database, "auditor_one", ["fleet", "find-token"], ["--fingerprint", fingerprint])
        #expect(found.status == 0 && found.output.contains("VALID until"))
        let unknown = try await audit(database, "auditor_one", ["fleet", "find-token"], input: "no token")
        #expect(unknown.status == 1)
        // The logins themselves are in this user's own log.
        #expect(try await AuditLogReader.open(folder.path("own")).statistics().perUser.count == 3)
    }

    @Test("What does not fit ends with 3 and says so, and the good logs are shipped")
    func findings() async throws {
        let database = try await FleetDatabase.make()
        try await database.forge("GRANT audit_fleet_shipper TO shipper_one; GRANT audit_fleet_reader TO auditor_one")
        try await Logs.write(20, to: log)
        try await Logs.write(20, to: folder.path("good"))
        try Logs.forge(log, "UPDATE event SET payload = replace(payload, 'success', 'failure') WHERE seq = 7")
        let shipped = try await audit(database, "shipper_one", ["ship"], [log, folder.path("good"), "--json"])
        #expect(shipped.status == 3 && shipped.errors.contains("stops this log"), "\(shipped.errors)")
        let objects = try shipped.lines.compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
        #expect(
            Set(objects.compactMap { $0["through_row"] as? Int }) == [
                6, Int(try await Logs.head(of: folder.path("good")).sequence),
            ]
        )
        let status = try await audit(database, "auditor_one", ["fleet", "status"])
        #expect(status.status == 3 && status.output.contains("payload-altered"))
        try await database.forge(
            "UPDATE audit_fleet.chain SET last_contact = now() - interval '3 hours'; DELETE FROM audit_fleet.finding"
        )
        let silent = try await audit(database, "auditor_one", ["fleet", "status"], ["--json"])
        #expect(silent.status == 3 && silent.output.contains(#""is_silent":true"#))
        try await database.forge("DELETE FROM audit_fleet.event WHERE seq = 3")
        let verified = try await audit(database, "auditor_one", ["fleet", "verify"])
        #expect(verified.status == 3 && verified.output.contains("row 3\trows-missing"))
    }

    @Test("A partition that is gone is named by ship and verify, which end with 3")
    func missingPartition() async throws {
        let database = try await FleetDatabase.make()
        try await database.forge("GRANT audit_fleet_shipper TO shipper_one; GRANT audit_fleet_reader TO auditor_one")
        try await Logs.write(20, to: log)
        #expect(try await audit(database, "shipper_one", ["ship"], [log]).status == 0)
        try await database.forge(
            "DO $$ BEGIN EXECUTE 'DROP TABLE audit_fleet.event_' || to_char(now(), 'YYYY_MM'); END $$"
        )
        let verified = try await audit(database, "auditor_one", ["fleet", "verify"])
        #expect(verified.status == 3, "\(verified.errors)")
        #expect(verified.output.contains("fleet\tpartition-missing\tThe partition event_20"), "\(verified.output)")
        try await Logs.write(20, to: log)
        let shipped = try await audit(database, "shipper_one", ["ship"], [log])
        #expect(shipped.status == 3 && shipped.errors.contains("The partition event_20"), "\(shipped.errors)")
    }

    @Test("With --follow new rows arrive by themselves, and an interrupt ends the command and closes its own log")
    func follow() async throws {
        let database = try await FleetDatabase.make()
        try await database.forge("GRANT audit_fleet_shipper TO shipper_one")
        try await Logs.write(20, to: log)
        let process = Process()
        process.executableURL = URL(filePath: try Repository.built("rds-iam"))
        process.arguments = try arguments(database, "shipper_one", ["ship"], [log, "--follow"])
        process.environment = try environment(database)
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        func arrives() async throws -> Bool {
            let head = "\(try await Logs.head(of: log).sequence)"
            return try await comesTrue { try await database.value("SELECT count(*) FROM audit_fleet.event") == head }
        }
        #expect(try await arrives())
        try await Logs.write(20, to: log)
        #expect(try await arrives())
        process.interrupt()
        #expect(try await comesTrue { !process.isRunning })
        #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGINT)
        process.terminate()
        let last = try await AuditLogReader.open(folder.path("own")).page(limit: 1).entries.first?.record
        #expect(last?.activity == .checkpoint)
    }

    @Test("Who may not, and what is no fleet, gets a sentence and the status 1; without a server it is 4")
    func refusals() async throws {
        let database = try await FleetDatabase.make()
        let refused = try await audit(database, "owner_one", ["fleet", "status"])
        #expect(refused.status == 1 && refused.errors.contains("rds-iam: error:"), "\(refused.errors)")
        let gone = try await ChildProcess.run(
            try Repository.built("rds-iam"),
            ["audit", "fleet", "status", "host=127.0.0.1 port=1 user=x dbname=y", "--no-token", "--audit", "off"],
            environment: ["HOME": folder.url.path]
        )
        #expect(gone.status == 4, "\(gone.errors)")
    }
}
#endif
