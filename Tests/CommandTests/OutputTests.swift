#if Command
import Foundation
import TestSupport
import Testing

@Suite("Where output and the audit log go", .timeLimit(.minutes(5)))
struct OutputTests {
    private static let token = "token -h db.example.com -U u"

    @Test(
        "what cannot be printed is an error with a message",
        arguments: [
            token, "env -h db.example.com -U u", "audit list", "audit stats", "audit head", "audit show 2", "--help",
            "--version",
            "help token",
        ],
        ["> /dev/full", ">&-", "| :"]
    )
    func unprintable(_ words: String, _ target: String) async throws {
        let lab = try CommandLab()
        #expect(try await lab.shell("rds_iam \(Self.token)").status == 0)
        // The command starts when the pipe has no reader left: the shell may have one, too, for a moment.
        let unread = "import select; poll = select.poll(); poll.register(1, 0); poll.poll(60000)"
        let wait = target.hasPrefix("|") ? "python3 -c '\(unread)'; " : ""
        let result = try await lab.shell("{ \(wait)rds_iam \(words); echo $? >&2; } \(target)")
        #expect(result.output == "")
        #expect(result.errors.contains("Cannot write standard output"), "\(result.errors)")
        #expect(result.errors.hasSuffix("\n1\n"), "\(result.errors)")
    }

    @Test("rows that cannot be written end connect, which then closes the audit log")
    func rows() async throws {
        let lab = try await CommandLab.atServer(as: "user5")
        for target in ["> /dev/full", ">&-", "| head -n 1 > /dev/null"] {
            let sql = "select generate_series(1, 10000000)"
            let result = try await lab.shell("{ rds_iam connect -c '\(sql)'; echo $? >&2; } \(target)")
            #expect(
                result.errors.contains("Cannot write standard output") && result.errors.hasSuffix("\n1\n"),
                "\(result.errors)"
            )
            #expect(try await lab.run("audit", "verify").output.contains("is intact"))
        }
    }

    @Test("what is printed with a closed standard stream does not get into the audit log")
    func closedStreams() async throws {
        let lab = try CommandLab()
        for streams in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
            let result = try await lab.shell("rds_iam \(Self.token) \(streams)")
            #expect(
                result.status == (streams.contains(" >&-") || streams == ">&-" ? 1 : 0),
                "\(streams): \(result.errors)"
            )
            #expect(try await lab.run("audit", "verify").output.contains("is intact"), "\(streams)")
        }
    }

    @Test("without HOME the audit log is in the home directory of the user database")
    func noHome() async throws {
        var lab = try CommandLab()
        lab.environment["HOME"] = nil
        let result = try await lab.run("audit", "head")
        let home = try await ChildProcess.run("/bin/sh", ["-c", "getent passwd $(id -u) | cut -d: -f6"]).output
        let path = home.trimmingCharacters(in: .newlines) + "/.local/state/rds-iam/audit.sqlite"
        // The log of this user may exist; nothing is written to it here.
        #expect(result.status == 0 || result.errors.contains(path), "\(result.errors)")
    }

    @Test("without a home directory there is no default log: config shows none, best effort goes on, doctor reports it")
    func homeless() async throws {
        var lab = try CommandLab()
        lab.environment["HOME"] = nil
        func run(_ words: String...) async throws -> CommandResult {
            let user = ["unshare", "--user", "--map-user=12345", try Repository.built("rds-iam")]
            return try await lab.run(program: "/usr/bin/env", user + words)
        }
        // A system may not let a process have another user number.
        let probe = try await lab.run(program: "/usr/bin/env", ["unshare", "--user", "--map-user=12345", "id", "-u"])
        guard probe.output == "12345\n" else { return }
        let token = ["-h", "db.example.com", "-U", "u"]
        for word in ["token", "env"] {
            let refused = try await run(word, token[0], token[1], token[2], token[3])
            #expect(refused.status == 1 && refused.output == "", "\(refused.errors)")
            for text in ["no home directory", "--audit-log", "--audit best-effort"] {
                #expect(refused.errors.contains(text), "\(refused.errors)")
            }
        }
        let unrecorded = try await run("token", token[0], token[1], token[2], token[3], "--audit", "best-effort")
        #expect(unrecorded.status == 0 && unrecorded.output.hasPrefix("db.example.com:5432/?"), "\(unrecorded.errors)")
        #expect(unrecorded.errors.contains("no record is kept of this token: There is no home directory"))
        let text = try await run("config")
        #expect(text.status == 0 && text.lines.contains { $0.hasPrefix("audit.log ") && $0.contains(" - ") })
        let json = try await run("config", "--json")
        #expect(json.status == 0 && json.output.contains(#"{"name":"audit.log","source":"default","value":null}"#))
        let report = try await run("doctor", "--offline", "-v", token[0], token[1], token[2], token[3])
        #expect(report.status == 3 && report.output.contains("settings"), "\(report.output)\(report.errors)")
        #expect(report.errors == "")
    }

    @Test("nothing is cut in a pipe, whatever the width of a terminal")
    func uncut() async throws {
        var lab = try CommandLab()
        lab.environment["COLUMNS"] = "40"
        let log = "/" + String(repeating: "directory/", count: 12) + "audit.sqlite"
        lab.environment["RDS_IAM_AUDIT_LOG"] = log
        let config = try await lab.run("config")
        #expect(config.lines.contains { $0.contains(" \(log) ") } && !config.output.contains("…"), "\(config.output)")
        let words = [
            "conninfo", "host=h sslrootcert=\(log) ssl_min_protocol_version=TLSv1.3 aws_rds_iam_role_arn=\(log)",
        ]
        let conninfo = try await lab.run(words)
        #expect(conninfo.output.components(separatedBy: log).count == 3, "\(conninfo.output)")
        #expect(conninfo.output.contains("ssl_min_protocol_version ") && !conninfo.output.contains("…"))
    }

    @Test("a home directory that cannot be written leads to --audit-log and --audit")
    func readOnlyHome() async throws {
        let lab = try CommandLab()
        try lab.folder.write("a file where a directory should be", to: "home")
        for log in [nil, "/proc/1/audit.sqlite"] {
            let words = ["token", "-h", "db.example.com", "-U", "u"] + (log.map { ["--audit-log", $0] } ?? [])
            let result = try await lab.run(words)
            #expect(result.status == 1 && result.output == "")
            #expect(
                result.errors.contains("--audit-log") && result.errors.contains("--audit best-effort"),
                "\(result.errors)"
            )
        }
        // Even root can make no directory there.
        let refused = try await lab.run("token", "-h", "db.example.com", "-U", "u", "--audit-log", "/sys/new/log")
        #expect(refused.status == 1)
        for words in ["The directory /sys", "cannot be made", "--audit-log"] {
            #expect(refused.errors.contains(words), "\(refused.errors)")
        }
    }
}
#endif
