#if Command
import Foundation
import TestSupport
import Testing
import TokenAuditLog

@Suite("Exports, pages and keys of rds-iam audit", .timeLimit(.minutes(5)))
struct AuditOutputTests: AuditCommandSuite {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("export --state goes on where it ended, and refuses another log and a log that was put back")
    func state() async throws {
        let state = folder.path("state")
        func rows() async throws -> [Int] {
            let result = try await audit("export", "--state", state)
            #expect(result.status == 0, "\(result.errors)")
            return try objects(result).filter { $0["leaf"] != nil }.compactMap { $0["seq"] as? Int }
        }
        try await record([CommandEvents.issue("a"), CommandEvents.issue("b")])
        #expect(try await rows() == [1, 2])
        #expect(try await rows() == [])
        let copy = try Data(contentsOf: URL(filePath: log))
        try await record([CommandEvents.issue("c")])
        #expect(try await rows() == [3])
        let attributes = try FileManager.default.attributesOfItem(atPath: state)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        try copy.write(to: URL(filePath: log))
        #expect(try await audit("export", "--state", state).errors.contains("the log ends at 2"))
        try await record([CommandEvents.issue("another"), CommandEvents.issue("more")])
        let replaced = try await audit("export", "--state", state)
        #expect(replaced.status == 1 && replaced.errors.contains("is not the one that was exported"))
        try folder.write("x", to: "state")
        #expect(try await audit("export", "--state", state).errors.contains("is not the state of an export"))
    }

    @Test("exports with --state that are appended to one file verify like one, and those into files each by itself")
    func appended() async throws {
        func verify(_ file: String) async throws -> CommandResult {
            try await run("/usr/bin/env", ["python3", Repository.path("Fixtures/audit/verify.py"), file])
        }
        let appended = folder.path("events.jsonl")
        _ = FileManager.default.createFile(atPath: appended, contents: nil)
        let script = "exec \"$0\" audit export --state \"$1\" >> \"$2\""
        for user in ["a", "b"] {
            try await record([CommandEvents.issue(user)])
            let command = ["-c", script, try Repository.built("rds-iam"), folder.path("state"), appended]
            #expect(try await run("/bin/sh", command).status == 0)
            let file = folder.path(user)
            #expect(try await audit("export", "--state", folder.path("other"), "--output", file).status == 0)
            #expect(try await verify(file).status == 0)
        }
        let lines = try String(contentsOfFile: appended, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 3 && lines[0].contains("rds-iam-audit-log/1"))
        let verdict = try await verify(appended)
        #expect(verdict.status == 0, "\(verdict.output)\(verdict.errors)")
    }

    @Test(
        "what cannot be printed is status 1",
        arguments: ["list", "head", "verify", "stats", "show 1"]
    )
    func fullOutput(words: String) async throws {
        try await record([CommandEvents.issue("a")])
        let command = ["-c", "exec \"$0\" audit \(words) > /dev/full", try Repository.built("rds-iam")]
        let result = try await run("/bin/sh", command)
        #expect(result.status == 1 && result.errors.contains("Cannot write standard output"), "\(result.errors)")
    }

    @Test("a log that another process holds for too long is status 4", .timeLimit(.minutes(2)))
    func busy() async throws {
        try await record([CommandEvents.issue("a")])
        let script = """
            import sqlite3, subprocess, sys
            log = sqlite3.connect(sys.argv[1], isolation_level=None)
            log.execute("PRAGMA journal_mode = TRUNCATE")
            log.execute("BEGIN EXCLUSIVE")
            run = lambda *words: subprocess.Popen([sys.argv[2], *words, "--audit-log", sys.argv[1]])
            commands = [run("audit", "verify"), run("audit", "list"), run("audit", "prune", "--before", "2000-01-01")]
            commands += [run("audit", "find-token", "--fingerprint", "0" * 64)]
            print([command.wait() for command in commands])
            """
        let result = try await run("/usr/bin/env", ["python3", "-c", script, log, try Repository.built("rds-iam")])
        #expect(result.output == "[4, 4, 4, 5]\n", "\(result.errors)")
    }

    @Test("export --state moves on only after all was written")
    func brokenExport() async throws {
        try await record([CommandEvents.issue("a")])
        let state = folder.path("state")
        let result = try await audit("export", "--state", state, "--output", folder.path("no/such"))
        #expect(result.status == 1 && !FileManager.default.fileExists(atPath: state))
        let full = try await run(
            "/bin/sh",
            ["-c", "exec \"$0\" audit export --state \"$1\" > /dev/full", Repository.built("rds-iam"), state]
        )
        #expect(full.status == 1 && !FileManager.default.fileExists(atPath: state), "\(full.errors)")
    }

    @Test("OCSF has gaps, prunings and acknowledgments as Event Log Activity")
    func ocsf() async throws {
        try await record([CommandEvents.issue("a")])
        #expect(try await audit("prune", "--before", "2100-01-01").status == 0)
        let events = try objects(try await audit("export", "--format", "ocsf"))
        let pruning = try #require(events.first { $0["class_uid"] as? Int == 1008 })
        #expect(pruning["activity_id"] as? Int == 2 && pruning["type_uid"] as? Int == 100_802)
        #expect((pruning["unmapped"] as? [String: String])?["seq"] == "1")
    }

    @Test("key new makes a key for its owner alone, and a log signed with it verifies with the printed half")
    func key() async throws {
        let file = folder.path("key")
        let made = try await audit("key", "new", file, "--name", "app-1")
        let publicKey = made.output.trimmingCharacters(in: .newlines)
        #expect(made.status == 0 && publicKey.hasPrefix("app-1+") && !made.output.contains("PRIVATE"))
        let secret = try String(contentsOfFile: file, encoding: .utf8)
        #expect(secret.hasPrefix("PRIVATE+KEY+app-1+"))
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
        #expect(try await audit("key", "show", file).output == made.output)
        #expect(try await audit("key", "new", file).status == 1)
        let token = ["token", "--host", "db.example.com", "--user", "a"]
        #expect(try await run(token + ["--signing-key", file]).status == 0)
        #expect(try await run(token, ["RDS_IAM_AUDIT_SIGNING_KEY": file]).status == 0)
        let verdict = try await audit("verify", "--key", publicKey)
        #expect(verdict.status == 0, "\(verdict.output)\(verdict.errors)")
        #expect(try await run(token).status == 0)
        #expect(try await audit("verify", "--key", publicKey).status == 3)
        let reanchor = ["audit", "reanchor", "--reason", "another program", "--signing-key", file, "--key", publicKey]
        #expect(try await run(reanchor).output.hasPrefix("acknowledged"))
        let acknowledged = try await audit("verify", "--key", publicKey)
        #expect(acknowledged.status == 0, "\(acknowledged.output)\(acknowledged.errors)")
        #expect(acknowledged.output.contains("is intact but for 1 acknowledged"))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
        let open = try await run(token + ["--signing-key", file])
        #expect(open.status == 1 && open.errors.contains("chmod 600") && !open.errors.contains("PRIVATE"))
    }

    @Test("every subcommand with --json prints one object a line with the name of its schema")
    func schemas() async throws {
        try await token("a")
        let fingerprint = String(repeating: "0", count: 64)
        let commands = [
            ["list"], ["show", "2"], ["stats"], ["verify"], ["head"], ["backup", folder.path("copy")],
            ["report", folder.path("page")], ["export", "--output", folder.path("export")],
            ["prune", "--older-than", "1"], ["reanchor", "--reason", "x"], ["key", "new", folder.path("key")],
            ["find-token", "--fingerprint", fingerprint],
        ]
        for command in commands {
            let result = try await run(["audit"] + command + ["--json"])
            let objects = try objects(result)
            let schema = objects.first?["schema"] as? String ?? ""
            let name = command[0] == "list" ? "row" : command[0]
            #expect(schema == "rds-iam.audit.\(name)/1", "\(command) \(result.output) \(result.errors)")
            #expect(Self.documented.contains("`\(schema)`"), "\(schema)")
        }
    }

    private static let documented =
        (try? String(contentsOfFile: Repository.path("Fixtures/audit/JSON.md"), encoding: .utf8)) ?? ""

    @Test("report writes a page that Chromium draws without running anything, whatever the names are")
    func report() async throws {
        let script = "<script>document.title='gotcha'</script>"
        let image = "\"><img src=x onerror=\"document.title='gotcha'\">"
        try await record(
            [CommandEvents.issue(script, host: image), CommandEvents.refuse("b", code: "</td></table>" + script)]
                + (0..<40).map { CommandEvents.issue("user\($0 % 5)", at: CommandEvents.start + Double($0) * 43_200) }
        )
        #expect(try await audit("prune", "--before", "2026-11-22").status == 0)
        let page = folder.path("page.html")
        let result = try await audit("report", page)
        #expect(result.status == 0, "\(result.errors)")
        let html = try String(contentsOfFile: page, encoding: .utf8)
        #expect(!html.contains("<script") && !html.contains("<img") && html.contains("&lt;script&gt;document"))
        #expect(html.contains("<b>Intact.</b> 42 rows were verified.") && html.contains("default-src 'none'"))
        for address in ["http:", "https:", "url(", "src=\"", "@import"] { #expect(!html.contains(address)) }
        #expect(try FileManager.default.attributesOfItem(atPath: page)[.posixPermissions] as? Int == 0o600)
        #expect(try await audit("report", page).errors.contains("name a new file"))
        let drawn = try await chromium(page)
        #expect(drawn.contains("<title>Tokens for databases: the whole log</title>"), "\(drawn.prefix(300))")
        #expect(drawn.contains("<rect class=\"issued\"") && !drawn.contains("<script"))
    }

    /// Draws a page, looks that there is something to see, and returns the elements that Chromium has made of it.
    private func chromium(_ page: String) async throws -> String {
        let program = try #require(
            ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/Applications/Chromium.app/Contents/MacOS/Chromium"]
                .first(where: FileManager.default.isExecutableFile(atPath:)),
            "missing Chromium: run bin/setup --tests"
        )
        let picture = folder.path("page.png")
        let options = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            "--user-data-dir=\(folder.path("browser"))", "--window-size=1000,1400",
        ]
        let home = ["HOME": folder.path("home")]
        _ = try await ChildProcess.run(program, options + ["--screenshot=\(picture)", page], environment: home)
        let bytes = try Data(contentsOf: URL(filePath: picture))
        // An empty white page of this size has some 6,000 bytes.
        #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) && bytes.count > 40_000, "\(bytes.count)")
        return try await ChildProcess.run(program, options + ["--dump-dom", page], environment: home).output
    }
}
#endif
