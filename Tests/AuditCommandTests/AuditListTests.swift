#if Command
import AuthTokens
import Foundation
import TestSupport
import Testing

@Suite("The lists of rds-iam audit", .timeLimit(.minutes(5)))
struct AuditListTests: AuditCommandSuite {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func users(_ options: [String]) async throws -> [String] {
        let result = try await run(["audit", "list"] + options)
        #expect(result.status == 0, "\(options) \(result.errors)")
        return result.lines.map { String($0.split(separator: "\t")[4].prefix { $0 != "@" }) }
    }

    @Test("--valid-at and --valid-between find the tokens that were valid, whenever they were issued")
    func validity() async throws {
        try await record([
            CommandEvents.issue("evening"), CommandEvents.issue("morning", at: CommandEvents.start + 30_000),
            CommandEvents.issue("password", kind: .password, lifetime: nil),
            CommandEvents.refuse("refused", code: "X.y"),
        ])
        #expect(
            try await users(["--valid-between", "2026-11-23", "2026-11-24"]) == ["password", "morning", "evening"]
        )
        #expect(try await users(["--valid-at", "2026-11-23 00:05"]) == ["password", "evening"])
        #expect(try await users(["--valid-at", "2026-11-23T00:10:00Z"]) == ["password"])
        #expect(try await users(["--valid-at", "2026-11-22 23:54"]) == [])
        #expect(try await users(["--valid-at", "2026-11-23T01:05+01:00", "--user", "evening"]) == ["evening"])
        // By the time of the issue, the evening is not of that day.
        #expect(try await users(["--since", "2026-11-23", "--until", "2026-11-24"]) == ["morning"])
    }

    struct Filter: Sendable {
        let options: [String]
        let finds: Bool
    }

    static let filters = [
        Filter(options: ["--role", "arn:aws:iam::123456789012:role/app"], finds: true),
        Filter(options: ["--role", "arn:aws:iam::123456789012:role/App"], finds: false),
        Filter(options: ["--account", "123456789012"], finds: true),
        Filter(options: ["--account", "123456789013"], finds: false),
        Filter(options: ["--os-user", "andrew"], finds: true), Filter(options: ["--os-user", "root"], finds: false),
        Filter(options: ["--program", "web"], finds: true), Filter(options: ["--program", "we"], finds: false),
        Filter(options: ["--database", "blog"], finds: true), Filter(options: ["--database", "x"], finds: false),
        Filter(options: ["--region", "eu-central-1"], finds: true),
        Filter(options: ["--region", "eu-central-2"], finds: false),
        Filter(options: ["--source", "profile"], finds: true), Filter(options: ["--source", "imds"], finds: false),
        Filter(options: ["--host", "DB.Example.com."], finds: true),
        Filter(options: ["--host", "db.example.co"], finds: false),
        Filter(options: ["--activity", "issued"], finds: true),
        Filter(options: ["--activity", "refused"], finds: false),
    ]

    @Test("each filter finds what matches and nothing else, and an empty list says so", arguments: filters)
    func filter(filter: Filter) async throws {
        try await record([CommandEvents.issue()])
        let result = try await run(["audit", "list"] + filter.options)
        #expect(result.status == 0 && result.lines.count == (filter.finds ? 1 : 0), "\(result.errors)")
        #expect(result.errors == (filter.finds ? "" : "No event matches.\n"))
    }

    @Test("a token for another server than the one dialed is found, shown and counted by either")
    func eitherEndpoint() async throws {
        try await record([
            CommandEvents.issue("a", host: "Scratch.example.com.", signingHost: "prod.example.com"),
            CommandEvents.issue("b", host: "prod.example.com", signingHost: "prod.example.com"),
            CommandEvents.issue("c", host: "SCRATCH.example.com"),
        ])
        for host in ["prod.example.com", "PROD.example.com", "Prod.Example.Com."] {
            #expect(try await users(["--host", host]) == ["b", "a"], "\(host)")
        }
        #expect(try await users(["--host", "scratch.example.com"]) == ["c", "a"])
        #expect(try await users(["--host", "scratch.example.com", "--limit", "1"]) == ["c"])
        let text = try await terminal(["list"])
        #expect(text.contains("a@prod.example.com") && text.contains("dialed as Scratch.example.com.:5432"))
        #expect(text.components(separatedBy: "dialed as").count == 2)
        #expect(try await audit("list", "--user", "a").output.hasSuffix("\tScratch.example.com.:5432\n"))
        let details = try await audit("show", "1").output
        #expect(details.contains("prod.example.com:5432\n") && details.contains("Scratch.example.com.:5432\n"))
        let counts = try await audit("stats").lines
        #expect(counts.contains("host\tprod.example.com\t2\t0\t0\t0\t0\t0"))
        #expect(counts.contains("host\tscratch.example.com\t1\t0\t0\t0\t0\t0"))
        #expect(counts.contains("dialed\tscratch.example.com\t2\t0\t0\t0\t0\t0"))
        #expect(counts.contains("login\ta@prod.example.com\t1\t0\t0\t0\t0\t0"))
        #expect(try await audit("export", "--format", "csv").output.contains(",prod.example.com,5432,,"))
    }

    @Test("on a terminal it is a table with headings that fits 80 columns, of the 50 latest events")
    func table() async throws {
        let long = String(repeating: "long-name-", count: 12)
        try await record(
            (0..<60).map {
                CommandEvents.issue("user\($0)", host: "db.example.com", at: CommandEvents.start + Double($0))
            }
                + [CommandEvents.issue(long, host: long + ".example.com"), CommandEvents.refuse(code: "Some.error")]
        )
        let result = try await terminal(["list"])
        let lines = result.split(separator: "\n").map(String.init)
        #expect(lines.allSatisfy { $0.count <= 80 }, "\(result)")
        #expect(lines[0].hasPrefix("  ROW  UTC       EVENT     USER@SERVER"))
        #expect(lines[1] == "2026-11-22")
        #expect(lines[2].contains("62  23:55:00  refused   app@db.example.com") && lines[2].contains("andrew web"))
        #expect(lines[3].hasSuffix("Some.error"))
        #expect(lines[4].contains("long-name-") && lines[4].contains("…"))
        #expect(lines.last == "There are older events: --limit 200 or --limit all shows them.")
        #expect(lines.count { $0.contains("23:55:") } == 50)
        #expect(!result.contains("\u{1B}"))
        #expect(try await terminal(["list"], ["TERM": "xterm", "NO_COLOR": ""]).contains("\u{1B}[31mrefused"))
        #expect(try await audit("list").lines.count == 62)
        #expect(try await audit("list", "--limit", "7").lines.count == 7)
    }

    @Test("names cannot act on a terminal: controls, line ends and direction marks are shown as escapes")
    func escapes() async throws {
        let name = "a\u{1B}[31mb\nc\u{202E}d\u{9B}1m\u{7}"
        try await record([CommandEvents.issue(name, host: name), CommandEvents.refuse(name, code: name)])
        for arguments in [
            ["list"], ["list", "--json"], ["show", "1"], ["show", "1", "--json"], ["stats"], ["stats", "--json"],
        ] {
            let printed = try await terminal(arguments)
            let isClean = !printed.unicodeScalars.contains {
                [.control, .format].contains($0.properties.generalCategory) && $0 != "\n" && $0 != "\r"
            }
            #expect(isClean && printed.contains(#"\u"#), "\(arguments) \(printed)")
        }
        let text = try await audit("list").lines
        #expect(text.count == 2 && text[0].contains(#"a\u{1b}[31mb\nc\u{202e}d\u{9b}1m\u{7}"#))
        let csv = try await audit("export", "--format", "csv").output
        #expect(csv.split(separator: "\r\n").count == 3 && csv.contains(#"a\u001b[31mb\u000ac"#))
    }

    @Test("a payload that someone has put in cannot add a line or a member to any output")
    func forgedPayload() async throws {
        try await record([CommandEvents.issue(), CommandEvents.issue("b")])
        let script = """
            import sqlite3, sys
            db = sqlite3.connect(sys.argv[1])
            db.execute("DROP TRIGGER event_unchanged")
            db.execute("UPDATE event SET payload = ? WHERE seq = 1", ('{}\\n\\x1b[2J,"seq":9}',))
            db.commit()
            """
        #expect(try await python(script, log).status == 0)
        for arguments in [["list", "--json"], ["export"]] {
            let result = try await run(["audit"] + arguments)
            let rows = try objects(result).filter { $0["leaf"] != nil }
            #expect(Set(rows.compactMap { $0["seq"] as? Int }) == [1, 2], "\(result.output)")
            #expect(rows.contains { $0["payload"] as? String == "{}\n\u{1B}[2J,\"seq\":9}" })
        }
        #expect(try await audit("list").lines.contains("1\tunreadable"))
        #expect(try await audit("stats").errors.contains("note: 1 rows cannot be read"))
        #expect(try await audit("show", "1").output.contains(#"cannot be read: {}\n\u{1b}[2J"#))
    }

    @Test("show prints one event in full, by row or ID, with what became of its token")
    func show() async throws {
        let issue = CommandEvents.issue()
        var accepted = issue
        (accepted.activity, accepted.issueID) = (.connectionAccepted, issue.id)
        accepted.id = CommandEvents.issue().id
        var password = CommandEvents.issue("p", kind: .password, lifetime: nil)
        // A name that says another time.
        password.id = "01965b2a-7a61-7000-8000-00000000002b"
        var rejected = password
        (rejected.activity, rejected.errorCode, rejected.issueID) = (.connectionRefused, "Some.error", password.id)
        rejected.id = CommandEvents.issue().id
        try await record([issue, accepted, password, rejected])
        let byRow = try await audit("show", "1")
        for text in [
            issue.id, "arn:aws:iam::123456789012:role/app", "andrew (501)", "web, process 4711", "eu-central-1",
        ] {
            #expect(byRow.output.contains(text), "\(text)")
        }
        #expect(byRow.output.contains("\nLater events of this token:\n2\t"))
        #expect(try await audit("show", issue.id).output == byRow.output)
        #expect(try await audit("show", "3").output.contains("Some.error"))
        #expect(try await audit("show", password.id).output.hasPrefix("row                    3\n"))
        #expect(try await audit("show", "3").output.contains("not known"))
        let json = try #require(try objects(try await audit("show", "--json", "3")).first)
        #expect(json["schema"] as? String == "rds-iam.audit.show/1" && (json["later"] as? [Any])?.count == 1)
        #expect(try await audit("list", "--id", password.id).lines.map { $0.prefix(1) } == ["4", "3"])
        for missing in ["99", "0", "-1", "9223372036854775807", "no-such-id", EventNames.unused] {
            let result = try await audit("show", "--", missing)
            #expect(result.status == 1 && result.errors.contains("has no event"), "\(missing) \(result.errors)")
        }
    }

    private enum EventNames {
        static let unused = "01965b2a-7a61-7000-8000-00000000002a"
    }

    @Test("--follow shows the latest events and then each new one")
    func follow() async throws {
        try await record([CommandEvents.issue("first"), CommandEvents.issue("second")])
        let issuing = try "'\(Repository.built("rds-iam"))' token --host db.example.com --user"
        let lines = try await terminal(
            ["list", "--follow"],
            ["SEEN": "second@", "THEN": "\(issuing) third >/dev/null; \(issuing) fourth >/dev/null", "LAST": "fourth@"]
        ).split(separator: "\n")
        let users = lines.compactMap { line in
            ["first", "second", "third", "fourth"].first { line.contains("\($0)@db.example.com") }
        }
        #expect(users == ["first", "second", "third", "fourth"], "\(lines)")
    }
}
#endif
