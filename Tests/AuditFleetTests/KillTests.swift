#if Command
import AuditFleet
import Foundation
import LibpqClient
import TestSupport
import Testing
import TokenAuditLog

/// How large a trial is.
///
/// `RDS_IAM_FLEET_TRIAL="LOGS ROWS KILLS"` makes it larger: `8 200000 20` is what a release is held to.
private struct Trial {
    var logs = 3
    var rows = 3_000
    var kills = 3
    var isFull = false

    init() {
        let words = ProcessInfo.processInfo.environment["RDS_IAM_FLEET_TRIAL"]?.split(separator: " ").compactMap {
            Int($0)
        }
        guard let words, words.count == 3 else { return }
        (logs, rows, kills, isFull) = (words[0], words[1], words[2], true)
    }
}

@Suite("Kills", .enabled(if: TestServer.other == nil), .timeLimit(.minutes(30)))
struct KillTests {
    private let folder: TemporaryFolder
    private let trial = Trial()

    init() throws { folder = try TemporaryFolder() }

    /// Kills PostgreSQL; the look-alike starts it again.
    private func killServer(_ server: RDSLookalike) async throws {
        let file = server.facts.dir + "/data/postmaster.pid"
        let isRunning = try await comesTrue {
            let text = try? String(contentsOfFile: file, encoding: .utf8)
            guard let pid = text?.split(separator: "\n").first.flatMap({ Int32($0) }) else { return false }
            return kill(pid, SIGKILL) == 0
        }
        #expect(isRunning)
    }

    private func fill(_ log: String, _ number: Int) async throws {
        try await Logs.write(trial.isFull ? 1 : trial.rows, to: log, user: "app")
        guard trial.isFull else { return }
        let result = try await ChildProcess.run(
            "/usr/bin/env",
            ["python3", Repository.path("Fixtures/audit/grow.py"), log, "\(trial.rows)"],
            timeLimit: .seconds(600)
        )
        #expect(result.status == 0, "\(result.errors)")
    }

    /// Ships a log in a process of its own, which is killed now and then, until all is shipped.
    private func ship(_ log: String, _ number: Int, _ database: FleetDatabase) async throws -> Int {
        let server = try database.lookalike
        let account = try String(contentsOfFile: server.facts.credentials, encoding: .utf8)
        try folder.write(account, to: "credentials\(number)")
        let conninfo = server.conninfo(user: "shipper_one").replacing(
            "dbname=postgres",
            with: "dbname=\(database.name)"
        )
        let arguments = [
            "audit", "ship",
            conninfo + " aws_rds_iam_auth_token_generator=default sslrootcert=\(server.facts.ca)",
            log, "--as-host", "app-\(number)", "--audit", "off", "--batch", trial.isFull ? "5000" : "200",
        ]
        let environment = [
            "AWS_SHARED_CREDENTIALS_FILE": folder.path("credentials\(number)"), "HOME": folder.url.path,
            "AWS_REGION": server.facts.region, "AWS_CONFIG_FILE": "/dev/null",
        ]
        for attempt in 1...1000 {
            // The first ones are killed in the middle, a little later each time.
            let limit: Duration =
                attempt <= trial.kills ? .milliseconds(trial.isFull ? 1500 : 200 + attempt * 150) : .seconds(600)
            let result = try await ChildProcess.run(
                try Repository.built("rds-iam"),
                arguments,
                environment: environment,
                timeLimit: limit
            )
            if result.status == 0 { return attempt }
            // A server that is killed while it asks for the verdict on a token refuses it without one; the verdicts are
            // looked at in the end.
            let isUnjudged = result.status == 1 && result.errors.contains("LDAP authentication failed")
            #expect([-9, 4].contains(result.status) || isUnjudged, "\(result.status) \(result.errors)")
            guard [-9, 4].contains(result.status) || isUnjudged else { return attempt }
        }
        return 0
    }

    @Test("Logs that are shipped while server and shippers are killed are there once, and every chain verifies")
    func kills() async throws {
        let server = try await RDSLookalike.start(["--user", "shipper_one", "--restart"])
        let database = try await FleetDatabase.make(on: server)
        try await database.grant("shipper", to: "shipper_one")
        let logs = (1...trial.logs).map { folder.path("log\($0)") }
        for (index, log) in logs.enumerated() { try await fill(log, index) }
        var heads: [AuditHead] = []
        for log in logs { heads.append(try await Logs.head(of: log)) }
        let attempts = try await withThrowingTaskGroup(of: Int.self) { group in
            for (index, log) in logs.enumerated() {
                group.addTask { try await ship(log, index + 1, database) }
            }
            for _ in 0..<trial.kills {
                try await Task.sleep(for: .milliseconds(trial.isFull ? 2000 : 400))
                try await killServer(server)
            }
            return try await group.reduce(0, +)
        }
        #expect(try server.verdicts(on: "shipper_one").allSatisfy { $0.verdict == "accepted" })
        let isBack = try await comesTrue { (try? await database.value("SELECT 1")) == "1" }
        #expect(isBack)
        let verification = try await database.fleet().verify(heads: heads)
        #expect(verification.isIntact)
        #expect(verification.rows == heads.reduce(0) { $0 + $1.sequence })
        #expect(Set(verification.chains.map(\.verification.head)) == Set(heads))
        let total = try await database.value("SELECT count(*) FROM audit_fleet.event")
        #expect(total == "\(verification.rows)")
        #expect(try await database.fleet().findings().isEmpty)
        print(
            "\(total ?? "") rows of \(logs.count) logs, \(trial.kills) kills of the server, \(attempts) runs of shippers"
        )
        withExtendedLifetime(server) {}
    }
}
#endif
