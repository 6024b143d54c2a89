#if Command
import AuthTokens
import Foundation
import TestSupport
import Testing

/// No server takes part: a token is signed without one.
@Suite("The command rds-iam audit", .timeLimit(.minutes(5)))
struct AuditCommandTests: AuditCommandSuite {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("a command that made a token closes the log with a checkpoint")
    func closing() async throws {
        try await token("first")
        let list = try await audit("list", "--all")
        #expect(list.lines.count == 3 && list.lines.first?.contains("audit.checkpoint") == true)
        #expect(try await audit("list").lines.count == 1)
    }

    struct Narrowing {
        let options: [String]
        let users: [String]
    }

    static let narrowings = [
        Narrowing(options: [], users: ["b@two.example.com", "a@two.example.com", "a@one.example.com"]),
        Narrowing(options: ["--user", "a"], users: ["a@two.example.com", "a@one.example.com"]),
        Narrowing(options: ["--host", "two.example.com"], users: ["b@two.example.com", "a@two.example.com"]),
        Narrowing(options: ["--user", "a", "--limit", "1"], users: ["a@two.example.com"]),
        Narrowing(options: ["--user", "a", "--until", "2020-01-01"], users: []),
        Narrowing(options: ["--user", "b", "--since", "2020-01-01T10:00:00Z"], users: ["b@two.example.com"]),
        Narrowing(options: ["--access-key-id", "AKIDEXAMPLE", "--limit", "1"], users: ["b@two.example.com"]),
        Narrowing(options: ["--outcome", "failure"], users: []),
        Narrowing(options: ["--activity", "token.refuse"], users: []),
        Narrowing(options: ["--generator", "default", "--host", "one.example.com"], users: ["a@one.example.com"]),
    ]

    @Test("list narrows down to what is asked for")
    func list() async throws {
        for (user, host) in [("a", "one"), ("a", "two"), ("b", "two")] {
            try await token(user, host: host + ".example.com")
        }
        for narrowing in Self.narrowings {
            let result = try await run(["audit", "list"] + narrowing.options)
            let issues = result.lines.filter { $0.contains("token.issue") }.map { String($0.split(separator: "\t")[4]) }
            #expect(issues.map { $0.replacing(":5432", with: "") } == narrowing.users, "\(narrowing.options)")
            #expect(result.status == 0)
        }
    }

    @Test("a head that is stored elsewhere shows that rows were cut off at the end, as nothing else does")
    func head() async throws {
        for user in ["a", "b"] { try await token(user) }
        let head = try await audit("head").output.trimmingCharacters(in: .newlines)
        #expect(head.split(separator: " ").count == 3)
        #expect(try await audit("verify", "--head", head).output.hasSuffix("is intact: 6 rows\t\(head)\n"))
        let forger = Repository.path("Fixtures/audit/forge.py")
        let forgery = try await ChildProcess.run("/usr/bin/env", ["python3", forger, log, "truncate", "5"])
        #expect(forgery.status == 0)
        #expect(try await audit("verify").status == 0)
        let cut = try await audit("verify", "--head", head)
        #expect(cut.status == 3 && cut.output.contains("row 5\ttruncated\t"))
        #expect(cut.errors.hasPrefix("rds-iam: error: ") && cut.errors.split(separator: "\n").count == 1)
        let json = try objects(try await audit("verify", "--json", "--head", head))
        #expect(json.first?["intact"] as? Bool == false && json.first?["rows"] as? Int == 4)
        #expect((json.first?["findings"] as? [[String: Any]])?.first?["kind"] as? String == "truncated")
    }

    @Test("verify with a key reports the signatures that an unsigned log lacks")
    func keys() async throws {
        try await token("a")
        // The example in the documentation of Go's package golang.org/x/mod/sumdb/note.
        let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        let result = try await audit("verify", "--key", key)
        #expect(result.status == 3 && result.output.contains("row 3\t"), "\(result.errors)")
    }

    @Test(
        "export writes what the second verifier accepts, to a file that its owner alone may read, and can go on later"
    )
    func export() async throws {
        try await token("a")
        let file = folder.path("export")
        let first = try await audit("export", "--output", file)
        #expect(first.output == "\(file): 3 rows; go on later with --after 3\n")
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let again = try await audit("export", "--output", file)
        #expect(again.status == 1 && again.errors.contains("name a new file"))
        let verifier = Repository.path("Fixtures/audit/verify.py")
        #expect(try await ChildProcess.run("/usr/bin/env", ["python3", verifier, file]).status == 0)
        try await token("b")
        let rest = try await audit("export", "--after", "3").output
        let whole = try await audit("export").output
        #expect(try String(contentsOfFile: file, encoding: .utf8) + rest.dropLine == whole)
        #expect(try await audit("export", "--format", "csv").output.split(whereSeparator: \.isNewline).count == 7)
        #expect(
            try objects(try await audit("export", "--format", "ocsf")).map { $0["class_uid"] as? Int } == [3002, 3002]
        )
        #expect(try await audit("export", "--output", folder.path("no/such")).status == 1)
    }

    @Test("stats count per day, user and server")
    func stats() async throws {
        try await record(["a", "a", "b"].map { CommandEvents.issue($0) })
        let text = try await audit("stats").lines
        #expect(text.contains("user\ta\t2\t0\t0\t0\t0\t0") && text.contains("host\tdb.example.com\t3\t0\t0\t0\t0\t0"))
        #expect(text.last == "total\t\t3\t0\t0\t0\t0\t0")
        let json = try #require(try objects(try await audit("stats", "--json")).first)
        #expect(json["schema"] as? String == "rds-iam.audit.stats/1")
        let users = json["per_user"] as? [[String: Any]] ?? []
        #expect(users.map { "\($0["name"] ?? "") \($0["issued"] ?? "")" } == ["a 2", "b 1"])
        #expect((json["per_day"] as? [Any])?.count == 1)
        #expect(try await audit("stats", "--until", "2020-01-01").lines.last == "total\t\t0\t0\t0\t0\t0\t0")
    }

    @Test("stats on a terminal head the columns of servers that are named alike by what tells them apart")
    func statsOfServersNamedAlike() async throws {
        for number in 1...3 { _ = try await token("app", host: "production-orders-\(number).example.com") }
        let lines = try await terminal(["stats"]).split(separator: "\n").map(String.init)
        let heading = try #require(lines.first { $0.hasPrefix("USER ") })
        let titles = heading.split(separator: " ").dropFirst()
        #expect(Set(titles).count == titles.count && titles.first?.contains("ers-1") == true, "\(heading)")
        #expect(lines.allSatisfy { $0.count <= 80 })
    }

    @Test("stats count logins that failed before a token was judged, those of a minute by their number")
    func failedLogins() async throws {
        var failed = CommandEvents.refuse(code: "RDSIAMError.connectionFailed")
        failed.activity = .connectionFailed
        var many = CommandEvents.refuse("b", code: "RDSIAMError.connectionFailed")
        (many.activity, many.count) = (.connectionFailed, 41)
        try await record([failed, many, CommandEvents.refuse(code: "Other.code")])
        let text = try await audit("stats").lines
        #expect(text.contains("user\tapp\t0\t0\t1\t0\t0\t1") && text.contains("user\tb\t0\t0\t0\t0\t0\t41"))
        #expect(text.contains("error\tRDSIAMError.connectionFailed\t0\t0\t0\t0\t0\t42"))
        #expect(text.last == "total\t\t0\t0\t1\t0\t0\t42")
        let json = try #require(try objects(try await audit("stats", "--json")).first)
        #expect((json["total"] as? [String: Any])?["failed"] as? Int == 42)
        let shown = try await terminal(["stats"]).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(shown.contains("0 rejected, 42 failed."))
        let page = folder.path("page.html")
        #expect(try await audit("report", page).status == 0)
        #expect(try String(contentsOfFile: page, encoding: .utf8).contains("<b>42</b> logins failed"))
    }

    @Test("backup makes a log that verifies, and overwrites nothing")
    func backup() async throws {
        try await token("a")
        let copy = folder.path("copy")
        let head = try await audit("head").output
        #expect(try await audit("backup", copy).output == "\(copy)\t\(head)")
        #expect(try await audit("verify", "--audit-log", copy).output.contains("is intact: 3 rows"))
        let again = try await audit("backup", copy)
        #expect(again.status == 1 && again.errors.contains("another name"))
    }

    static let commands = [
        ["list"], ["show", "1"], ["head"], ["verify"], ["stats"], ["report", "page"], ["export"], ["backup", "copy"],
        ["prune", "--older-than", "1"], ["reanchor", "--reason", "x"],
        ["find-token", "--fingerprint", String(repeating: "0", count: 64)],
    ]

    @Test("a missing log is an error in one line, and no file is created", arguments: commands)
    func missing(_ command: [String]) async throws {
        let result = try await run(["audit"] + command)
        #expect(result.status == (command[0] == "find-token" ? 5 : 1) && result.output == "")
        #expect(result.errors.hasPrefix("rds-iam: error: ") && result.errors.split(separator: "\n").count == 1)
        #expect(result.errors.contains("There is no audit log at this path.") && result.errors.contains(log))
        #expect(try folder.everything().isEmpty)
    }

    static let mistakes = [
        ["prune"], ["prune", "--before", "2026-01-01", "--older-than", "1"], ["prune", "--older-than", "0"],
        ["prune", "--before", "someday"], ["prune", "--before", "2026-11-31"],
        ["prune", "--older-than", "999999999999999"], ["list", "--since", "2026-13-01"], ["list", "--limit", "0"],
        ["export", "--format", "xml"], ["export", "--after", "-1"], ["verify", "--head", "x"],
        ["verify", "--key", "x"],
        ["find-token", "--fingerprint", "abc"], ["backup"], ["nothing"],
        ["reanchor"], ["reanchor", "--reason", ""], ["list", "--outcome", "failed"], ["list", "--activity", "nosuch"],
        ["list", "--role", "app"], ["list", "--account", "12345"], ["list", "--valid-between", "2026-01-01"],
        ["list", "--valid-between", "2026-01-02", "2026-01-01"],
        ["list", "--valid-at", "now", "--valid-between", "2026-01-01", "2026-01-02"],
        ["list", "--audit-log", ""], ["show"], ["report"], ["key", "new"], ["export", "--json"],
        ["export", "--after", "1", "--state", "x"],
    ]

    @Test("a mistake in the arguments exits with 2 and shows the usage", arguments: mistakes)
    func usage(_ arguments: [String]) async throws {
        let result = try await run(["audit"] + arguments)
        #expect(result.status == 2 && result.output == "")
        #expect(result.errors.contains("Usage: ") || result.errors.contains("--help"), "\(result.errors)")
    }
}

extension String {
    /// All lines but the first.
    fileprivate var dropLine: Substring { drop { !$0.isNewline }.dropFirst() }
}
#endif
