#if Command
import Foundation
import TestSupport
import Testing

@Suite("The command rds-iam", .timeLimit(.minutes(5)))
struct CommandTests {
    /// The variables that lead the command to the server: its account, its certificate, and a separate state directory.
    private func environment(_ server: RDSLookalike, _ folder: TemporaryFolder) throws -> [String: String] {
        try Account(of: server).environment.merging([
            "HOME": folder.path("home"), "XDG_STATE_HOME": folder.path("state"), "PGSSLROOTCERT": server.facts.ca,
        ]) { own, _ in own }
    }

    private func rdsIAM(_ arguments: [String], _ environment: [String: String]) async throws -> CommandResult {
        try await ChildProcess.run(Repository.built("rds-iam"), arguments, environment: environment)
    }

    @Test("token prints a token that logs in, a line feed, and nothing else")
    func token() async throws {
        let (server, folder) = (try await SharedServer.value, try TemporaryFolder())
        let result = try await rdsIAM(["token", server.conninfo(user: "user21")], environment(server, folder))
        #expect(result.status == 0)
        #expect(result.errors == "")
        #expect(result.lines.count == 1 && result.output.hasSuffix("\n"))
        let token = try #require(result.lines.first)
        #expect(
            token.hasPrefix("\(server.facts.host):\(server.facts.port)/?Action=connect&DBUser=user21&X-Amz-Algorithm=")
        )
        let psql = try await ChildProcess.run(
            "/usr/bin/env",
            ["psql", "-XAt", server.conninfo(user: "user21") + " sslmode=verify-full", "-c", "select current_user"],
            environment: ["PGPASSWORD": token, "PGSSLROOTCERT": server.facts.ca]
        )
        #expect(psql.output == "user21\n")
    }

    @Test(
        "token takes host, port and user from PGHOST, PGPORT and PGUSER; the string comes before them, options before both"
    )
    func tokenSources() async throws {
        let (server, folder) = (try await SharedServer.value, try TemporaryFolder())
        var environment = try environment(server, folder)
        environment.merge(["PGHOST": "Env.Example.com", "PGUSER": "from env", "AWS_REGION": "eu-west-2"]) { $1 }
        let fromEnvironment = try await rdsIAM(["token"], environment)
        #expect(fromEnvironment.output.hasPrefix("env.example.com:5432/?Action=connect&DBUser=from%20env&"))
        environment["PGPORT"] = "5433"
        let withPort = try await rdsIAM(["token", "user=string"], environment)
        #expect(withPort.output.hasPrefix("env.example.com:5433/?Action=connect&DBUser=string&"))
        let options = ["--host", "h.example.com", "--port", "443", "--user", "option", "--region", "us-east-1"]
        let withOptions = try await rdsIAM(["token", "host=x port=1 user=y"] + options, environment)
        #expect(withOptions.output.hasPrefix("h.example.com:443/?Action=connect&DBUser=option&"))
        #expect(withOptions.output.contains("%2Fus-east-1%2Frds-db%2F"))
    }

    @Test("connect without -c prints user, server and token, also if the string names no generator")
    func connect() async throws {
        let (server, folder) = (try await SharedServer.value, try TemporaryFolder())
        let conninfo = server.conninfo(user: "user22") + " sslrootcert=\(server.facts.ca)"
        let result = try await rdsIAM(["connect", conninfo], environment(server, folder))
        let place = "\(server.facts.host):\(server.facts.port)"
        #expect(
            result.output.hasPrefix(
                "user22 is connected to postgres on \(place) over TLSv1.3 with a token that expires at 20"
            )
        )
        #expect(result.lines.count == 1)
        #expect(result.status == 0)
    }

    @Test("connect prints rows as COPY does")
    func rows() async throws {
        let (server, folder) = (try await SharedServer.value, try TemporaryFolder())
        let sql = #"select 1, null, '', E'a\tb\nc\\d' union all select 2, 'x', 'y', 'z'"#
        let result = try await rdsIAM(
            ["connect", server.tokenConninfo(user: "user23"), "-c", sql, "-c", "select current_user; select 'é'"],
            environment(server, folder)
        )
        #expect(result.output == "1\t\\N\t\ta\\tb\\nc\\\\d\n2\tx\ty\tz\nuser23\né\n")
        #expect(result.status == 0)
    }

    /// A command line that fails, and what it says.
    struct Mistake: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let status: Int32
        let says: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let mistakes = [
        Mistake(arguments: ["tokn"], status: 2, says: "rds-iam --help"),
        Mistake(arguments: ["token", "--prot", "1"], status: 2, says: "--prot"),
        Mistake(arguments: ["token", "--port", "70000"], status: 2, says: "--port"),
        Mistake(arguments: ["connect", "user=u"], status: 1, says: "or PGHOST, to the database's endpoint"),
        Mistake(arguments: ["token", "--audit", "maybe"], status: 2, says: "best-effort"),
        Mistake(arguments: ["token", "host='x"], status: 1, says: "A quoted value has no closing quote"),
        Mistake(arguments: ["token", "--user", "u"], status: 1, says: "or PGHOST, to the database's endpoint"),
        Mistake(
            arguments: ["token", "--host", "h", "--generator", "defualt"],
            status: 1,
            says: "Did you mean \"default\"?"
        ),
        Mistake(
            arguments: ["token", "--host", "a,b", "--user", "u", "--region", "eu-west-2"],
            status: 1,
            says: "Name one host"
        ),
        Mistake(arguments: ["token", "host=h user=u sslmode=allow"], status: 1, says: "Use require or verify-full"),
        Mistake(arguments: ["audit", "list"], status: 1, says: "audit.sqlite"),
        Mistake(arguments: ["audit", "verify", "--audit-log", "/dev/null"], status: 1, says: "/dev/null"),
    ]

    @Test("answers a mistake with one line that names the next step, and the right exit status", arguments: mistakes)
    func failure(_ mistake: Mistake) async throws {
        let folder = try TemporaryFolder()
        let result = try await rdsIAM(mistake.arguments, ["HOME": folder.path("home")])
        #expect(result.status == mistake.status)
        #expect(result.output == "")
        #expect(result.errors.contains(mistake.says), "\(result.errors)")
        if mistake.status == 1 {
            #expect(result.errors.hasPrefix("rds-iam: error: "))
            #expect(result.errors.split(separator: "\n").count == 1)
        }
    }

    @Test("names the credential sources that were tried, and why each had no credentials")
    func noCredentials() async throws {
        let folder = try TemporaryFolder()
        let result = try await rdsIAM(
            ["token", "--host", "demo.abcdefghijkl.eu-west-2.rds.amazonaws.com", "--user", "u"],
            ["HOME": folder.path("home"), "AWS_EC2_METADATA_DISABLED": "true"]
        )
        #expect(result.status == 1)
        #expect(result.errors.split(separator: "\n").count == 1)
        for source in ["environment", "AWS_ACCESS_KEY_ID", "profile"] { #expect(result.errors.contains(source)) }
    }

    @Test("lists events newest first, as text and as JSON Lines, from the named log or the default one")
    func auditList() async throws {
        let (server, folder) = (try await SharedServer.value, try TemporaryFolder())
        var environment = try environment(server, folder)
        for user in ["first", "second"] {
            let result = try await rdsIAM(["token", server.conninfo(user: user)], environment)
            #expect(result.status == 0)
        }
        let text = try await rdsIAM(["audit", "list"], environment)
        let issues = text.lines.filter { $0.contains("token.issue") }
        #expect(issues.count == 2)
        #expect(issues.first?.contains("second@\(server.facts.host)") == true)
        let json = try await rdsIAM(["audit", "list", "--all", "--json"], environment)
        let objects = try json.lines.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
        let payloads = objects.compactMap { $0?["payload"] as? [String: Any] }
        let times = payloads.compactMap { $0["time_us"] as? Int }
        #expect(times.count == 6 && times == times.sorted(by: >))
        let users = payloads.compactMap { ($0["target"] as? [String: Any])?["user"] as? String }
        #expect(users == ["second", "first"])
        let standard = folder.path("state/rds-iam/audit.sqlite")
        #expect(FileManager.default.fileExists(atPath: standard))
        environment["XDG_STATE_HOME"] = nil
        environment["RDS_IAM_AUDIT_LOG"] = standard
        #expect(try await rdsIAM(["audit", "list"], environment).output == text.output)
        environment["RDS_IAM_AUDIT_LOG"] = "/nowhere"
        #expect(try await rdsIAM(["audit", "list", "--audit-log", standard], environment).output == text.output)
        environment["RDS_IAM_AUDIT_LOG"] = nil
        _ = try await rdsIAM(["token", server.conninfo(user: "third")], environment)
        #expect(FileManager.default.fileExists(atPath: folder.path("home/.local/state/rds-iam/audit.sqlite")))
    }

    @Test("verifies an intact log, and finds a row that was changed")
    func auditVerify() async throws {
        let (server, folder) = (try await SharedServer.value, try TemporaryFolder())
        let environment = try environment(server, folder)
        for _ in 0..<3 { _ = try await rdsIAM(["token", server.conninfo(user: "someone")], environment) }
        let intact = try await rdsIAM(["audit", "verify"], environment)
        #expect(intact.status == 0)
        #expect(intact.output.contains("is intact: 9 rows"))
        let path = folder.path("state/rds-iam/audit.sqlite")
        var bytes = try Data(contentsOf: URL(filePath: path))
        let place = try #require(bytes.range(of: Data(#""user":"someone""#.utf8)))
        bytes.replaceSubrange(place, with: Data(#""user":"another""#.utf8))
        try bytes.write(to: URL(filePath: path))
        let altered = try await rdsIAM(["audit", "verify"], environment)
        #expect(altered.status == 3)
        #expect(altered.output.contains("payload-altered"))
        #expect(altered.errors.hasPrefix("rds-iam: error: "))
    }

    @Test("prints no token if it cannot be recorded, unless best effort is enough")
    func unwritableLog() async throws {
        let (server, folder) = (try await SharedServer.value, try TemporaryFolder())
        let environment = try environment(server, folder)
        try folder.write("not a database, and not to be overwritten", to: "log")
        let arguments = ["token", server.conninfo(user: "u"), "--audit-log", folder.path("log")]
        let required = try await rdsIAM(arguments, environment)
        #expect(required.status == 1)
        #expect(required.output == "")
        #expect(required.errors.hasPrefix("rds-iam: error: "))
        let bestEffort = try await rdsIAM(arguments + ["--audit", "best-effort"], environment)
        #expect(bestEffort.status == 0)
        #expect(bestEffort.lines.count == 1)
        let text = try String(contentsOfFile: folder.path("log"), encoding: .utf8)
        #expect(text == "not a database, and not to be overwritten")
        let off = try await rdsIAM(["token", server.conninfo(user: "u"), "--audit", "off"], environment)
        #expect(off.lines.count == 1)
        #expect(!FileManager.default.fileExists(atPath: folder.path("state")))
    }
}
#endif
