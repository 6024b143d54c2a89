#if Command
import AuditFleet
import AuthTokens
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

    /// Runs it, and says what it printed if it ends in another way than expected.
    private func expect(
        _ status: Int32,
        _ database: FleetDatabase,
        _ user: String,
        _ command: [String],
        _ more: [String] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let result = try await audit(database, user, command, more)
        #expect(result.status == status, "\(result.output)\(result.errors)", sourceLocation: sourceLocation)
    }

    @Test("A fleet from its first day: init, ship, status, verify, list, find-token, stats, report, with tokens")
    func walk() async throws {
        let database = try await FleetDatabase.make(on: TokenServer.start(), isInstalled: false)
        try await database.forge("ALTER DATABASE \(database.name) OWNER TO owner_one; ALTER ROLE owner_one CREATEROLE")
        let made = try await audit(database, "owner_one", ["fleet", "init"])
        #expect(made.status == 0 && made.output.contains("is made"), "\(made.errors)")
        #expect(try await audit(database, "owner_one", ["fleet", "init"]).output.contains("up to date"))
        try await database.grant("shipper", to: "shipper_one")
        try await database.grant("reader", to: "auditor_one")
        for question in ["status", "verify"] {
            let empty = try await audit(database, "auditor_one", ["fleet", question])
            #expect(empty.status == 0 && empty.errors.contains("No log was shipped"), "\(empty.errors)")
        }
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
        #expect(
            list.lines.count == 7
                && list.lines.allSatisfy { $0.hasPrefix("app-1 (log)\t") && $0.contains("andrew@db-") }
        )
        let json = try await audit(database, "auditor_one", ["fleet", "list"], ["--json", "--limit", "1"])
        let row = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        #expect(row?["schema"] as? String == "rds-iam.audit.fleet.row/1" && row?["host"] as? String == "app-1")
        #expect(row?["payload"] is [String: Any])
        let stats = try await audit(database, "auditor_one", ["fleet", "stats"])
        #expect(stats.output.contains("user\tandrew\t40\t") && stats.output.contains("total\t\t50\t"))
        let report = try await audit(database, "auditor_one", ["fleet", "report"], [folder.path("page.html")])
        #expect(report.status == 0 && report.output.contains("2 logs; 50 tokens issued"), "\(report.errors)")
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
        let database = try await FleetDatabase.make(on: TokenServer.value)
        try await database.grant("shipper", to: "shipper_one")
        try await database.grant("reader", to: "auditor_one")
        try await Logs.write(20, to: log)
        try await Logs.write(20, to: folder.path("good"))
        try Logs.forge(log, "UPDATE event SET payload = replace(payload, 'success', 'failure') WHERE seq = 7")
        let shipped = try await audit(database, "shipper_one", ["ship"], [log, folder.path("good"), "--json"])
        #expect(shipped.status == 3 && shipped.errors.contains("stops this log"), "\(shipped.errors)")
        #expect(shipped.errors.contains("(payload-altered, row 7)") && shipped.errors.contains("audit_fleet_reader"))
        #expect(shipped.output.contains(#""kind":"payload-altered""#))
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
        let open = try await audit(database, "auditor_one", ["fleet", "verify"])
        #expect(open.status == 3 && open.output.contains(" (log)\trow 7\tpayload-altered\tFinding 1 is open: "))
        #expect(open.output.contains(" (log)\tnot intact (findings: 1): 6 rows\n"), "\(open.output)")
        #expect(open.output.contains(" (good)\tintact: ") && !open.output.contains("The fleet is intact"))
        let json = try await audit(database, "auditor_one", ["fleet", "verify"], ["--json"])
        #expect(json.status == 3 && json.output.contains(#""finding":1,"#) && json.output.contains(#""open_count":1"#))
        let report = try await audit(database, "auditor_one", ["fleet", "report"], [folder.path("page.html")])
        let page = try String(contentsOfFile: folder.path("page.html"), encoding: .utf8)
        #expect(report.status == 3 && page.contains("Finding 1 is open: "))
        try await database.forge(
            "UPDATE audit_fleet.chain SET last_contact = now() - interval '3 hours'; DELETE FROM audit_fleet.finding"
        )
        let silent = try await audit(database, "auditor_one", ["fleet", "status"], ["--json"])
        #expect(silent.status == 3 && silent.output.contains(#""is_silent":true"#))
        try await database.forge("UPDATE audit_fleet.chain SET ended = now()")
        let ended = try await audit(database, "auditor_one", ["fleet", "status"], ["--json"])
        #expect(ended.status == 0 && ended.output.contains(#""is_silent":false"#), "\(ended.output)")
        // A log that is shipped again has not ended.
        try await expect(0, database, "shipper_one", ["ship"], [folder.path("good")])
        #expect(try await database.value("SELECT count(ended) FROM audit_fleet.chain") == "1")
        try await database.forge("DELETE FROM audit_fleet.event WHERE seq = 3")
        let verified = try await audit(database, "auditor_one", ["fleet", "verify"])
        #expect(verified.status == 3 && verified.output.contains(" (log)\trow 3\trows-missing"))
    }

    @Test("Of several logs, one that is missing hides no finding of the others; what is shipped in spite of it is said")
    func missingLog() async throws {
        let database = try await FleetDatabase.make(on: TokenServer.value)
        try await database.grant("shipper", to: "shipper_one")
        try await Logs.write(20, to: log)
        try await expect(0, database, "shipper_one", ["ship"], [log])
        try Logs.copy(log, to: folder.path("copy"))
        try await Logs.write(20, to: folder.path("copy"))
        let all = [folder.path("copy"), folder.path("none")]
        let shipped = try await audit(database, "shipper_one", ["ship"], all)
        let head = try await Logs.head(of: folder.path("copy"))
        #expect(
            shipped.status == 3 && shipped.errors.contains("There is no audit log at this path."),
            "\(shipped.errors)"
        )
        #expect(shipped.errors.contains("copy is shipped, and has open findings: 1 (second-place, row "))
        #expect(shipped.output.contains("up to row \(head.sequence)"))
        try await expect(1, database, "shipper_one", ["ship"], [folder.path("none"), log + "2"])
    }

    @Test("The logs of one host are told apart, by their files or their own names")
    func severalLogs() async throws {
        let database = try await FleetDatabase.make(on: TokenServer.value)
        try await database.grant("shipper", to: "shipper_one")
        try await database.grant("reader", to: "auditor_one")
        let paths = ["a", "b", "sub/a"].map { folder.path($0) }
        let one = ["--as-host", "app-1"]
        for path in paths { try await Logs.write(2, to: path) }
        try await expect(0, database, "shipper_one", ["ship"], Array(paths.prefix(2)) + one)
        try await expect(0, database, "shipper_one", ["ship"], [paths[2], "--as-host", "app-2"])
        for command in [["fleet", "list"], ["fleet", "verify"]] {
            let names = try await audit(database, "auditor_one", command).lines.compactMap {
                $0.split(separator: "\t").first.map(String.init)
            }
            #expect(Set(names).isSuperset(of: ["app-1 (a)", "app-1 (b)", "app-2"]) && !names.contains("app-1"))
        }
        let fingerprint = try #require(
            try await database.value(
                "SELECT fingerprint FROM audit_fleet.entry WHERE fingerprint <> '' AND chain_id = 1"
            )
        )
        // The other logs have the same token if all were written within a second.
        let found = try await audit(database, "auditor_one", ["fleet", "find-token"], ["--fingerprint", fingerprint])
        #expect(found.lines.contains { $0.hasPrefix("app-1 (") } && !found.lines.contains { $0.hasPrefix("app-1\t") })
        // Two files of one name are told apart by the logs' own names.
        try await expect(3, database, "shipper_one", ["ship"], [paths[2]] + one)
        try await database.forge("UPDATE audit_fleet.chain SET host = 'app-1'")
        let id = try await Logs.head(of: paths[2]).logID
        #expect(try await audit(database, "auditor_one", ["fleet", "verify"]).output.contains("app-1 (\(id))\t"))
    }

    @Test("A file of heads without a head, with a bad line, or that cannot be read is wrong usage")
    func headFiles() async throws {
        let database = try await FleetDatabase.make(on: TokenServer.value)
        try await database.grant("reader", to: "auditor_one")
        let good = "log 1 " + String(repeating: "0", count: 64)
        let cases: [(text: String?, message: String)] = [
            ("", "has no head"), ("\n  \n", "has no head"), ("\n\(good)\nno head\n", "Line 3 of "),
            (nil, "cannot be read"),
        ]
        for (text, message) in cases {
            try? FileManager.default.removeItem(atPath: folder.path("heads"))
            if let text { try folder.write(text, to: "heads") }
            let page = folder.path("page.html")
            for (command, more) in [("verify", [String]()), ("report", [page])] {
                let heads = more + ["--heads", folder.path("heads")]
                let result = try await audit(database, "auditor_one", ["fleet", command], heads)
                #expect(result.status == 2 && result.errors.contains(message), "\(command): \(result.errors)")
            }
            #expect(!FileManager.default.fileExists(atPath: page))
        }
    }

    @Test("What was retired is named by searches that do not find it, and rows that cannot be read by what they are")
    func retired() async throws {
        let database = try await FleetDatabase.make(on: TokenServer.value)
        for role in ["reader", "retention"] { try await database.grant(role, to: "auditor_one") }
        try await database.grant("shipper", to: "shipper_one")
        let now = Date()
        let day = now - 70 * 86_400
        let month = String(day.formatted(.iso8601).prefix(7))
        try await Logs.write(20, to: log) { _ in day }
        try await Logs.append(Array("no event".utf8), to: log)
        try await expect(0, database, "shipper_one", ["ship"], [log])
        try await expect(0, database, "auditor_one", ["fleet", "retire"], [month])
        let period = ["--since", day.formatted(.iso8601), "--until", (day + 60).formatted(.iso8601)]
        let note = "of \(month), retired by auditor_one at "
        let cases: [(command: String, more: [String], status: Int32)] = [
            ("list", period, 0), ("stats", period, 0), ("report", [folder.path("page.html")] + period, 0),
            ("find-token", ["--fingerprint", String(repeating: "0", count: 64)], 1),
        ]
        for (command, more, status) in cases {
            let result = try await audit(database, "auditor_one", ["fleet", command], more)
            #expect(result.status == status && result.errors.contains(note), "\(command): \(result.errors)")
        }
        let stats = try await audit(database, "auditor_one", ["fleet", "stats"], period)
        #expect(stats.errors.contains("1 rows are no events") && !stats.errors.contains("rds-iam audit verify"))
        let verified = try await audit(database, "auditor_one", ["fleet", "verify"])
        #expect(verified.status == 0 && verified.output.contains("\tretired\t") && verified.output.contains(note))
        let recent = try await audit(database, "auditor_one", ["fleet", "list"], ["--since", now.formatted(.iso8601)])
        #expect(recent.errors.contains("No event matches") && !recent.errors.contains("retired"))
    }

    @Test("With --follow, a log that appears later is shipped beside one that was there")
    func followSeveral() async throws {
        let database = try await FleetDatabase.make(on: TokenServer.value)
        try await database.grant("shipper", to: "shipper_one")
        try await Logs.write(5, to: log)
        let process = try startShipping(database, folder.path("later"), "--follow")
        #expect(try await comesTrue { try await database.value("SELECT count(*) FROM audit_fleet.chain") == "1" })
        try await Logs.write(5, to: folder.path("later"))
        #expect(try await comesTrue { try await database.value("SELECT count(*) FROM audit_fleet.chain") == "2" })
        kill(process.processIdentifier, SIGTERM)
        try await expectEnd(of: process, by: SIGTERM)
    }

    @Test("A role that is missing is named with the user, and findings are accepted together")
    func roles() async throws {
        let database = try await FleetDatabase.make(on: TokenServer.value)
        try await database.grant("shipper", to: "shipper_one")
        try await database.grant("reader", to: "auditor_one")
        try await database.forge("GRANT \(database.owner) TO owner_one")
        try await Logs.write(20, to: log)
        try await expect(0, database, "shipper_one", ["ship"], [log])
        let refused = try await audit(database, "shipper_one", ["fleet", "status"])
        #expect(
            refused.status == 1 && refused.errors.contains("The user shipper_one needs the role audit_fleet_reader")
        )
        let wrong = try await audit(database, "auditor_one", ["fleet", "resume"], ["1", "--reason", "x"])
        #expect(wrong.status == 1 && wrong.errors.contains("Only the owner of the schema"), "\(wrong.errors)")
        try Logs.forge(log, "UPDATE event SET chain_hash = zeroblob(32) WHERE seq > 10")
        #expect(try await audit(database, "shipper_one", ["ship"], [log]).errors.contains("row-differs, row 11"))
        let numbers = try await database.fleet().findings().map { "\($0.number)" }
        #expect(numbers.count > 5)
        let unknown = try await audit(database, "owner_one", ["fleet", "resume"], ["987654", "--reason", "x"])
        #expect(unknown.status == 1 && unknown.errors.contains("There is no open finding 987654."), "\(unknown.errors)")
        let resumed = try await audit(
            database,
            "owner_one",
            ["fleet", "resume"],
            numbers + ["--reason", "a bad disk"]
        )
        #expect(resumed.status == 0 && resumed.lines.count == numbers.count, "\(resumed.errors)")
        #expect(try await database.fleet().findings().isEmpty)
    }

    @Test("A partition that is gone is named by ship and verify, which end with 3")
    func missingPartition() async throws {
        let database = try await FleetDatabase.make(on: TokenServer.value)
        try await database.grant("shipper", to: "shipper_one")
        try await database.grant("reader", to: "auditor_one")
        try await Logs.write(20, to: log)
        try await expect(0, database, "shipper_one", ["ship"], [log])
        try await database.forge(
            "DO $$ BEGIN EXECUTE (SELECT 'DROP TABLE audit_fleet.event_' || to_char(max(time), 'YYYY_MM')"
                + " FROM audit_fleet.event); END $$"
        )
        let verified = try await audit(database, "auditor_one", ["fleet", "verify"])
        #expect(verified.status == 3, "\(verified.errors)")
        #expect(verified.output.contains("fleet\tpartition-missing\tThe partition event_20"), "\(verified.output)")
        try await Logs.write(20, to: log)
        let shipped = try await audit(database, "shipper_one", ["ship"], [log])
        #expect(shipped.status == 3 && shipped.errors.contains("The partition event_20"), "\(shipped.errors)")
    }

    /// Starts `rds-iam audit ship`, in the background.
    private func startShipping(_ database: FleetDatabase, _ more: String...) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: try Repository.built("rds-iam"))
        process.arguments = try arguments(database, "shipper_one", ["ship"], [log] + more)
        process.environment = try environment(database)
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        return process
    }

    /// Waits for the end of a process that a signal has reached, which closes its own log first.
    private func expectEnd(of process: Process, by signal: Int32) async throws {
        #expect(try await comesTrue { !process.isRunning })
        if process.isRunning { process.terminate() }
        #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == signal)
        let last = try await AuditLogReader.open(folder.path("own")).page(limit: 1).entries.first?.record
        #expect(last?.activity == .checkpoint)
        try await Logs.write(1, to: log)
    }

    @Test("With --follow new rows arrive by themselves, and a signal ends the command", arguments: [SIGINT, SIGTERM])
    func follow(_ signal: Int32) async throws {
        let database = try await FleetDatabase.make(on: TokenServer.value)
        try await database.grant("shipper", to: "shipper_one")
        try await Logs.write(20, to: log)
        let process = try startShipping(database, "--follow")
        func arrives() async throws -> Bool {
            let head = "\(try await Logs.head(of: log).sequence)"
            return try await comesTrue { try await database.value("SELECT count(*) FROM audit_fleet.event") == head }
        }
        #expect(try await arrives())
        try await Logs.write(20, to: log)
        #expect(try await arrives())
        kill(process.processIdentifier, signal)
        try await expectEnd(of: process, by: signal)
    }

    @Test(
        "A signal ends a shipper in the middle of a batch, which is shipped the next time",
        arguments: [SIGINT, SIGTERM]
    )
    func interrupted(_ signal: Int32) async throws {
        let database = try await FleetDatabase.make(on: TokenServer.value)
        try await database.grant("shipper", to: "shipper_one")
        try await database.grant("reader", to: "auditor_one")
        try await Logs.write(20, to: log)
        let blocker = try await database.connect()
        defer { withExtendedLifetime(blocker) {} }
        _ = try await blocker.execute("BEGIN; LOCK TABLE audit_fleet.event")
        let process = try startShipping(database)
        #expect(try await comesTrue { try await database.waitingShippers() == 1 })
        kill(process.processIdentifier, signal)
        try await expectEnd(of: process, by: signal)
        _ = try await blocker.execute("ROLLBACK")
        #expect(try await database.value("SELECT count(*) FROM audit_fleet.event") == "0")
        try await expect(0, database, "shipper_one", ["ship"], [log])
        try await expect(0, database, "auditor_one", ["fleet", "verify"])
        await blocker.close()
    }

    @Test("Logins that fail are all on record when a shipper ends, also those that are only counted")
    func countedFailures() async throws {
        try await Logs.write(1, to: log)
        try folder.write("", to: "notes")
        let process = Process()
        process.executableURL = URL(filePath: try Repository.built("rds-iam"))
        process.arguments = ["audit", "ship", "host=db.example.com hostaddr=127.0.0.1 port=1 user=u", log, "--follow"]
        process.environment = [
            "HOME": folder.url.path, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "eu-west-2", "RDS_IAM_AUDIT_LOG": folder.path("own"),
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: URL(filePath: folder.path("notes")))
        try process.run()
        func failures() throws -> Int {
            try String(contentsOfFile: folder.path("notes"), encoding: .utf8).ranges(of: "Trying again").count
        }
        // By then the next attempt is eight seconds away.
        #expect(try await comesTrue { try failures() > 4 })
        kill(process.processIdentifier, SIGTERM)
        #expect(try await comesTrue { !process.isRunning })
        let entries = try await AuditLogReader.open(folder.path("own")).page(limit: 100).entries
        let failed = entries.compactMap(\.record).filter { $0.activity == .connectionFailed }
        let counts = failed.map { $0.detail["count"].flatMap { Int($0) } ?? 1 }
        let expected = try failures()
        #expect(counts.count == 2 && counts.reduce(0, +) == expected, "\(counts)")
    }

    @Test("Who may not, and what is no fleet, gets a sentence and the status 1; without a server it is 4")
    func refusals() async throws {
        let database = try await FleetDatabase.make(on: TokenServer.value)
        let refused = try await audit(database, "stranger_one", ["fleet", "status"])
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
