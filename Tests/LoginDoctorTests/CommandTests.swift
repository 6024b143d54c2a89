#if Command
import Foundation
import LoginDoctor
import TestSupport
import Testing

@Suite("The commands", .timeLimit(.minutes(3)))
struct CommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func rdsIAM(_ arguments: [String], _ more: [String: String] = [:]) async throws -> CommandResult {
        var environment = ["HOME": folder.path("home"), "AWS_EC2_METADATA_DISABLED": "true", "COLUMNS": "80"]
        // No test asks AWS: nothing listens there.
        environment["AWS_ENDPOINT_URL_STS"] = "http://127.0.0.1:1"
        environment.merge(more) { $1 }
        return try await ChildProcess.run(Repository.built("rds-iam"), arguments, environment: environment)
    }

    private func report(_ result: CommandResult) throws -> ExaminationReport {
        #expect(result.lines.count == 1, "\(result.output)")
        return try JSONDecoder().decode(ExaminationReport.self, from: Data(result.output.utf8))
    }

    @Test("a login that works: status 0, the answer first, nothing on standard error", arguments: [false, true])
    func works(isJSON: Bool) async throws {
        let arguments = ["doctor", try await Stage.conninfo("works")] + (isJSON ? ["--json"] : [])
        let result = try await rdsIAM(arguments, try await Stage.keys())
        #expect(result.status == 0)
        #expect(result.errors == "")
        let answer = "The login works: works is connected to postgres on \(Stage.host):"
        if isJSON {
            let report = try report(result)
            #expect(report.ok && report.schema == 1 && report.answer.hasPrefix(answer))
            #expect(report.steps.first { $0.name == .session }?.details == ["the user is a member of rds_iam"])
        } else {
            #expect(result.lines.first == "✓ The login works: works is connected to postgres on")
            #expect(result.output.contains("Run: rds-iam psql 'user=works dbname=postgres host=\(Stage.host) "))
        }
    }

    @Test("a login that fails: status 1 with a cause, in lines of 80 columns, without color", arguments: [false, true])
    func fails(isJSON: Bool) async throws {
        let arguments = ["doctor", try await Stage.conninfo("plain")] + (isJSON ? ["--json"] : [])
        let result = try await rdsIAM(arguments, try await Stage.keys())
        #expect(result.status == 1)
        #expect(result.errors == "")
        guard !isJSON else { return #expect(try report(result).causes.first?.code == "userWithoutRDSIAM") }
        #expect(!result.output.contains("\u{1B}"))
        let words = "FATAL: password authentication failed for user \"plain\""
        #expect(result.output.contains("✗ login       \(words)"))
        for line in result.lines where !line.hasPrefix("  Run: ") && line.contains(" ") {
            #expect(line.unicodeScalars.count <= 80 || !line.dropFirst(16).contains(" "), "\(line)")
        }
    }

    @Test("--verbose shows the token without its signature, and a refusal shows the statement to compare with")
    func refusal() async throws {
        let keys = ["AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "sesame"]
        let result = try await rdsIAM(["doctor", "--verbose", try await Stage.conninfo("rotated")], keys)
        #expect(result.status == 1)
        #expect(result.output.contains("X-Amz-Signature=(64 digits, not shown)"))
        #expect(result.output.contains("X-Amz-Credential=AKIA…MPLE/"))
        #expect(result.output.contains("arn:aws:rds-db:eu-west-2:ACCOUNT:dbuser:db-RESOURCEID/rotated"))
        #expect(result.output.contains("iam-db-auth-error"))
        #expect(!result.output.contains("sesame"))
    }

    @Test("a login that fails for a reason that is not known: status 2, and the server's words")
    func unknown() async throws {
        let result = try await rdsIAM(["doctor", "--json", try await Stage.conninfo("odd")], try await Stage.keys())
        #expect(result.status == 2)
        let report = try report(result)
        #expect(report.outcome == .causeUnknown && report.causes.isEmpty, "\(report.causes)")
        let answer = "The login fails at the step login, and the cause is not known: FATAL: could not access file"
        #expect(report.answer.hasPrefix(answer), "\(report.answer)")
        #expect(report.words.first?.contains("nowhere") == true, "\(report.words)")
    }

    @Test("two servers have a ladder each, and the answer is that of the one that is reached")
    func servers() async throws {
        let facts = try await Stage.server.facts
        let closed = try LocalPort(.closed)
        let conninfo =
            "host=\(Stage.host),\(Stage.host) hostaddr=127.0.0.1,127.0.0.1 port=\(closed.number),\(facts.port) "
            + "user=works dbname=postgres sslrootcert=\(facts.ca) aws_rds_iam_port=\(facts.port)"
        let result = try await rdsIAM(["doctor", conninfo], try await Stage.keys())
        #expect(result.status == 0)
        for text in [
            "✓ The login works", "\nServer \(Stage.host):\(closed.number)\n", "\nServer \(Stage.host):\(facts.port)\n",
            "At \(Stage.host):\(closed.number): portClosed",
        ] {
            #expect(result.output.contains(text), "\(text)\n\(result.output)")
        }
        withExtendedLifetime(closed) {}
    }

    @Test("a port that says nothing is named so, also if the doctor is stopped and goes on")
    func stopped() async throws {
        let script = """
            import signal, socket, subprocess, sys, time
            listener = socket.create_server(("127.0.0.1", 0))
            listener.settimeout(60)
            server = "hostaddr=127.0.0.1 port=%d" % listener.getsockname()[1]
            process = subprocess.Popen([sys.argv[1], "doctor", "--json", sys.argv[2] + " " + server])
            # To see that the port is open, and to ask it for TLS.
            clients = [listener.accept(), listener.accept()]
            for number in (signal.SIGSTOP, signal.SIGCONT) * 5:
                process.send_signal(number)
                time.sleep(0.05)
            sys.exit(process.wait())
            """
        let words = ["python3", "-c", script, try Repository.built("rds-iam"), "host=\(Stage.host) user=u dbname=d"]
        var environment = ["HOME": folder.path("home"), "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1"]
        environment.merge(try await Stage.keys()) { $1 }
        environment["PATH"] = ProcessInfo.processInfo.environment["PATH"]
        let result = try await ChildProcess.run("/usr/bin/env", words, environment: environment)
        #expect(result.status == 1, "\(result.errors)")
        #expect(try report(result).causes.first?.code == "silentPort")
    }

    #if AsyncHTTPClient
    @Test("STS is asked over HTTP whose credentials they are, and its clock is compared")
    func identity() async throws {
        let sts = try await STSLookalike.start()
        var keys = ["AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "sesame"]
        keys.merge(["AWS_ENDPOINT_URL_STS": sts.url, "AWS_REGION": "eu-west-2"]) { $1 }
        let known = try report(try await rdsIAM(["credentials", "--json", "--show-arn"], keys))
        let identity = known.steps.first { $0.name == .identity }
        #expect(identity?.mark == .passed, "\(identity?.details ?? [])")
        #expect(identity?.summary == "arn:aws:sts::123456789012:assumed-role/app/me")
        #expect(known.steps.first { $0.name == .clock }?.summary == "agrees with AWS's")
        let short = try await rdsIAM(["credentials"], keys)
        #expect(
            short.status == 0 && !short.output.contains("123456789012") && short.output.contains("assumed-role/app")
        )
        keys["AWS_ACCESS_KEY_ID"] = "ASIAEXPIRED"
        let old = try await rdsIAM(["credentials", "--json"], keys)
        #expect(old.status == 1)
        #expect(try report(old).causes.first?.code == "credentialsExpired")
        withExtendedLifetime(sts) {}
    }
    #endif

    /// A command line, its status and what its first line says.
    struct Case: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let status: Int32
        let says: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let cases = [
        Case(arguments: ["doctor", "hots=a"], status: 3, says: "✗ No login was tried. Invalid connection option"),
        Case(arguments: ["doctor", "user=andrew"], status: 3, says: "✗ No login was tried. No server is named"),
        Case(arguments: ["doctor", "--offline", "host=\(Stage.host) user=a"], status: 1, says: "✗ No AWS credentials"),
        Case(arguments: ["credentials"], status: 1, says: "✗ No AWS credentials were found."),
        Case(arguments: ["credentials", "--offline"], status: 1, says: "✗ No AWS credentials were found."),
        Case(arguments: ["generators"], status: 0, says: "default"),
        Case(arguments: ["conninfo", "host=a user=b"], status: 0, says: "keyword"),
    ]

    @Test("answers first, with the right status", arguments: cases)
    func answers(_ sample: Case) async throws {
        let result = try await rdsIAM(sample.arguments)
        #expect(result.status == sample.status)
        #expect(result.errors == "")
        #expect(result.lines.first?.hasPrefix(sample.says) == true, "\(result.output)")
    }

    @Test("--offline asks nothing, makes no token and ends with 3 if nothing is wrong so far")
    func offline() async throws {
        let keys = ["AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-key"]
        let result = try await rdsIAM(["doctor", "--offline", "--json", "host=\(Stage.host) user=andrew"], keys)
        #expect(result.status == 3)
        let report = try report(result)
        #expect(report.causes.isEmpty)
        let passed = report.steps.filter { $0.mark == .passed }.map(\.name)
        #expect(passed == [.settings, .generator, .endpoint, .region, .credentials])
        #expect(report.steps.filter { $0.mark == .skipped }.count == report.steps.count - passed.count)
        let list = try await rdsIAM(["audit", "list", "--json"])
        #expect(!list.output.contains("token.issue"))
    }

    @Test("an audit log that does not open is a finding")
    func auditLog() async throws {
        try folder.write("not a database", to: "log")
        let arguments = ["doctor", "--json", "--audit-log", folder.path("log"), try await Stage.conninfo("works")]
        let result = try await rdsIAM(arguments, try await Stage.keys())
        #expect(result.status == 1)
        let report = try report(result)
        #expect(report.causes.first?.code == "auditLog" && report.next == nil)
        #expect(report.causes.first?.evidence == ["The log cannot be opened."] && !result.output.contains("unopened"))
    }

    @Test("what to run next repeats the options")
    func options() async throws {
        let config = try folder.write("{}", to: "c.json")
        let words = [
            "doctor", "--config", config, "--audit", "off", "--allow-command", try await Stage.conninfo("works"),
        ]
        let result = try await rdsIAM(words, try await Stage.keys())
        let next = "Run: rds-iam psql --config \(config) --audit off --allow-command 'user=works "
        #expect(result.output.contains(next), "\(result.output)")
    }

    /// Settings that cannot be used, and what is said of them.
    static let wrongSettings: [(text: String, variables: [String: String], says: String)] = [
        ("", ["PGPORT": "abc"], #"port is "abc" in PGPORT, and must be a number from 1 to 65535."#),
        ("", ["PGPORT": "99999"], #"port is "99999" in PGPORT, and must be a number from 1 to 65535."#),
        ("", ["PGSSLMODE": "verfy"], #"sslmode is "verfy" in PGSSLMODE, which is none of its values."#),
        ("connect_timeout=5s", [:], #"connect_timeout is "5s" in the connection string, and must be a whole number"#),
        ("service=blgo", [:], #"service is "blgo" in the connection string, and no service file defines it."#),
        ("", ["PGSERVICE": "blgo"], #"service is "blgo" in PGSERVICE, and no service file defines it."#),
        ("application_name blog", [:], #"The connection string has no "=" after "application_name"."#),
        ("port='1 password=geheim'", [:], "The port is wrong in the connection string, and must be a number"),
        ("password=x geheim", [:], #"The connection string has no "=" after the word at byte"#),
    ]

    @Test("names the word that is wrong and where it comes from, and no secret", arguments: wrongSettings.indices)
    func unusable(_ index: Int) async throws {
        let sample = Self.wrongSettings[index]
        let result = try await rdsIAM(
            ["doctor", "--json", "host=\(Stage.host) user=u \(sample.text)"],
            sample.variables
        )
        let report = try report(result)
        #expect(result.status == 3 && !result.output.contains("geheim"))
        #expect(report.answer.hasPrefix("No login was tried. \(sample.says)"), "\(report.answer)")
        #expect(report.advice?.isEmpty == false)
    }

    @Test("a variable that cannot be used ends it with 3, and wrong usage with 2")
    func statuses() async throws {
        let variable = try await rdsIAM(["doctor", "-h", Stage.host], ["RDS_IAM_AUDIT_POLICY": "x"])
        #expect(variable.status == 3 && variable.output == "")
        #expect(variable.errors.contains(#"RDS_IAM_AUDIT_POLICY is "x""#), "\(variable.errors)")
        let option = try await rdsIAM(["doctor", "--prot", "5"])
        #expect(option.status == 2 && option.output == "" && option.errors.contains("--prot"), "\(option.errors)")
    }

    @Test("all is ASCII if the locale is not UTF-8, also what is shortened")
    func ascii() async throws {
        let keys = ["AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "x", "LC_ALL": "C"]
        let result = try await rdsIAM(["doctor", "--offline", "-v", "host=\(Stage.host) user=u"], keys)
        #expect(result.output.contains("access key AKIA...MPLE"), "\(result.output)")
        let isASCII = result.output.utf8.allSatisfy { $0 < 0x80 }
        #expect(isASCII, "\(result.output)")
    }

    @Test("a signing key that cannot be read is blamed, not the audit log")
    func signingKey() async throws {
        let arguments = ["doctor", "--json", "--signing-key", "/nowhere/key", try await Stage.conninfo("works")]
        let report = try report(try await rdsIAM(arguments, try await Stage.keys()))
        #expect(report.causes.first?.code == "noToken", "\(report.answer)")
        #expect(report.answer == "The signing key's file /nowhere/key cannot be found: No such file or directory.")
        #expect(report.advice?.contains("writable") == false && report.next == nil)
    }

    @Test("steps that were not looked at share a line only if they have the same reason")
    func reasons() async throws {
        let keys = ["AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "x", "PGSSLMODE": "disable"]
        let disabled = try await rdsIAM(["doctor", "host=\(Stage.host) user=u"], keys)
        let lines = disabled.lines.filter { $0.hasPrefix("–") }
        #expect(
            lines == [
                "– clock       no reply of AWS to compare it with",
                "–             the settings cannot be used: dns, tcp, tls, token", "– login       there is no token",
                "– session     there is no login",
            ],
            "\(disabled.output)"
        )
        let unread = try await rdsIAM(["doctor", "hots=a"])
        let reasons = unread.lines.filter { $0.hasPrefix("–") }
        #expect(
            reasons == [
                "–             the settings cannot be used: generator, endpoint, region,",
                "– clock       no reply of AWS to compare it with",
                "–             the settings cannot be used: dns, tcp, tls, token", "– login       there is no token",
                "– session     there is no login",
            ],
            "\(unread.output)"
        )
    }

    @Test("a backslash in the advice is shown as it is", arguments: ["host='a", #"user='it\'s"#])
    func backslash(_ conninfo: String) async throws {
        let result = try await rdsIAM(["doctor", conninfo])
        #expect(result.status == 3)
        #expect(result.output.contains(#"value as \'."#) && !result.output.contains(#"\\'"#), "\(result.output)")
    }

    @Test("an output that cannot be written is an error", arguments: ["doctor --offline", "generators", "credentials"])
    func fullOutput(_ command: String) async throws {
        let program = try Repository.built("rds-iam")
        let result = try await ChildProcess.run(
            "/bin/sh",
            ["-c", "'\(program)' \(command) > /dev/full"],
            environment: ["HOME": folder.path("home"), "AWS_EC2_METADATA_DISABLED": "true"]
        )
        #expect(result.status == 1)
        #expect(result.errors.contains("standard output"))
    }

    @Test("conninfo prints one JSON document without secrets")
    func conninfo() async throws {
        let result = try await rdsIAM(["conninfo", "--json", "postgresql://a:geheim@b:1/c"], ["PGSSLMODE": "require"])
        #expect(result.status == 0)
        #expect(!result.output.contains("geheim"))
        let settings = try JSONDecoder().decode(ConnectionSettings.self, from: Data(result.output.utf8))
        #expect(settings["sslmode"]?.origin == "PGSSLMODE")
        #expect(settings.endpoints.first?.port == "1")
    }

    @Test("an interrupt ends it while a helper, or a server, does not answer", arguments: ["helper", "server"])
    func interrupt(_ place: String) async throws {
        let port = try LocalPort(.silent)
        let mark = folder.path("begun")
        let config = try folder.write("[default]\ncredential_process = touch \(mark); sleep 60\n", to: "config")
        let keys = ["AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "x"]
        let environment = ["HOME": folder.path("home"), "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1"]
        // It gives up on each server after five seconds.
        let hosts = Array(repeating: Stage.host, count: 12).joined(separator: ",")
        let addresses = Array(repeating: "127.0.0.1", count: 12).joined(separator: ",")
        let process = try SpawnedProcess(
            Repository.built("rds-iam"),
            ["doctor", "host=\(hosts) hostaddr=\(addresses) port=\(port.number) user=andrew"],
            environment: environment.merging(place == "helper" ? ["AWS_CONFIG_FILE": config] : keys) { $1 },
            input: .standardError(),
            output: .standardError(),
            errors: .standardError()
        )
        let hasBegun = try await comesTrue {
            place == "helper" ? FileManager.default.fileExists(atPath: mark) : port.hasClient
        }
        #expect(hasBegun)
        process.send(SIGINT)
        #expect(try await process.wait() == -SIGINT)
    }
}
#endif
