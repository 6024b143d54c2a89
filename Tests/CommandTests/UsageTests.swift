#if Command
import Foundation
import TestSupport
import Testing

@Suite("Command lines that are wrong", .timeLimit(.minutes(3)))
struct UsageTests {
    /// A command line that fails, and what its message says.
    struct Mistake: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let status: Int32
        let says: [String]
        var environment: [String: String] = [:]

        init(_ arguments: [String], _ status: Int32, _ says: String..., environment: [String: String] = [:]) {
            self.arguments = arguments
            self.status = status
            self.says = says
            self.environment = environment
        }

        var testDescription: String { arguments.joined(separator: " ") }
    }

    private static let host = ["token", "--host", "db.example.com"]

    static let mistakes = [
        Mistake(["tokn"], 2, "no subcommand \"tokn\"", "mean \"token\"", "rds-iam --help"),
        Mistake(["audit", "lst"], 2, "no subcommand \"lst\"", "mean \"list\"", "rds-iam audit --help"),
        Mistake(["audit", "key", "nwe"], 2, "mean \"new\"", "rds-iam audit key --help"),
        Mistake(["help", "nonsense"], 2, "no subcommand \"nonsense\""),
        Mistake(["version"], 2, "no subcommand \"version\"", "mean \"--version\""),
        Mistake(["hlep"], 2, "mean \"help\""),
        Mistake(["psql", "--csv", "-c", "select 1"], 2, "'--csv'", "after --", "rds-iam psql -- --csv", "psql --help"),
        Mistake(["psql", "--hots", "h"], 2, "mean '--host'"),
        Mistake(["exec", "ls", "-l"], 2, "no program to run", "after --", "rds-iam exec --help"),
        Mistake(["exec", "-l", "--", "ls"], 2, "'-l'", "after --", "rds-iam exec --help"),
        Mistake(["help", "audit", "lst"], 2, "mean \"list\""),
        Mistake(["\u{212A}"], 2, "no subcommand"),
        Mistake(["toke\u{6E}\u{301}"], 2, "no subcommand"),
        Mistake(["token", "--prot", "1"], 2, "--prot", "mean '--port'"),
        Mistake(["token", "-h"], 2, "'-h'"),
        Mistake(["token", "a=b", "c=d"], 2, "c=d"),
        Mistake(["token", "--port", "0"], 2, "--port is \"0\"", "from 1 to 65535"),
        Mistake(["token", "--port", "99999"], 2, "--port is \"99999\"", "from 1 to 65535"),
        Mistake(["token", "-p", "-1"], 2, "-p"),
        Mistake(["token", "-p", ",x"], 2, "from 1 to 65535"),
        Mistake(["token", "-h", "db.example.com", "-p", "5432,"], 1, "list of ports"),
        Mistake(["token", "-p", "\u{0665}"], 2, "from 1 to 65535"),
        Mistake(["token", "--user", ""], 2, "value of --user is empty", "rds-iam token --help"),
        Mistake(["token", "-U", ""], 2, "value of -U is empty"),
        Mistake(["token", "--user="], 2, "--user is empty"),
        Mistake(["token", "--region", ""], 2, "--region is empty"),
        Mistake(["token", "--region", "eu west"], 2, "--region is \"eu west\"", "such as eu-west-2"),
        Mistake(["doctor", "--region", "\u{212A}"], 2, "--region is", "such as eu-west-2"),
        Mistake(["psql", "--role-arn", "app"], 2, "--role-arn is \"app\"", "arn:aws:iam::"),
        Mistake(["connect", "--profile", ""], 2, "--profile is empty"),
        Mistake(["env", "--generator="], 2, "--generator is empty"),
        Mistake(["exec", "--role-arn", "", "--", "true"], 2, "--role-arn is empty"),
        Mistake(["audit", "list", "--audit-log", ""], 2, "--audit-log is empty"),
        Mistake(["audit", "verify", "--key="], 2, "--key is empty"),
        Mistake(["connect", ""], 2, "Argument 2 is empty"),
        Mistake(["connect", "-c", ""], 2, "-c is empty"),
        Mistake(["connect", "--json", "--csv"], 2, "--json and --csv"),
        Mistake(["connect", "--csv"], 2, "--csv is for rows", "-c or -f"),
        Mistake(["audit", "list", "--since", "2026-12-01", "--until", "2026-11-01"], 2, "--since is not earlier"),
        Mistake(["audit", "stats", "--since", "2026-12-01", "--until", "2026-12-01"], 2, "--since is not earlier"),
        Mistake(["audit", "report", "--since", "2026-12-01", "--until", "2026-11-01", "r"], 2, "--since is not"),
        Mistake(["connect", "-f", "-", "-f", "-"], 2, "-f - is there twice"),
        Mistake(["connect", "host=x", "-d", "host=y"], 2, "-d is a connection string"),
        Mistake(["conninfo", "-d", "a", "b"], 2, "-d names a database, and so does \"b\""),
        Mistake(["psql", "-d", "a", "b"], 2, "-d names a database, and so does \"b\"", "psql --help"),
        Mistake(["conninfo", "-d", "host=x", "blog"], 2, "dbname=NAME, not as \"blog\""),
        Mistake(["config"], 2, "RDS_IAM_AUDIT_POLICY is \"x\"", environment: ["RDS_IAM_AUDIT_POLICY": "x"]),
        Mistake(["exec", "host=x"], 2, "no program to run", "--"),
        Mistake(["exec", "--"], 2, "no program to run"),
        Mistake(["token", "host='x"], 1, "CONNINFO cannot be read", "no closing quote"),
        Mistake(["token", "host=x blog"], 1, "CONNINFO has no \"=\" after \"blog\""),
        Mistake(["token", "host=x password=a secret"], 1, "after the word at byte 18"),
        Mistake(["token", "postgresql://u:hunter2/x@h/d"], 1, "CONNINFO cannot be read", "%2F"),
        Mistake(["conninfo", "postgresql://u:9876/hunter2@h/d"], 1, "CONNINFO cannot be read", "%2F"),
        Mistake(["psql", "postgresql://u:s3c@hunter2@h/d"], 1, "CONNINFO cannot be read", "%40"),
        Mistake(["token", "hst=x"], 1, "\"hst\"", "mean \"host\""),
        Mistake(["token", "mysql://h/d"], 1, "postgresql://"),
        Mistake(["token", "host=x port=0"], 1, "port is \"0\" in CONNINFO", "from 1 to 65535"),
        Mistake(["token", "service=blgo"], 1, "service is \"blgo\" in CONNINFO", "no service file"),
        Mistake(["conninfo", "service=blgo"], 1, "service is \"blgo\" in CONNINFO", "no service file"),
        Mistake(["conninfo", "host='x"], 1, "CONNINFO cannot be read", "no closing quote"),
        Mistake(["token"], 1, "service is \"blgo\" in PGSERVICE", environment: ["PGSERVICE": "blgo"]),
        Mistake(["token", "host=/tmp"], 1, "to the database's endpoint"),
        Mistake(host, 2, "is \"x\"", "token --help", environment: ["RDS_IAM_AUDIT_POLICY": "x"]),
        Mistake(host, 1, "port is \"x\" in PGPORT", environment: ["PGPORT": "x"]),
        Mistake(host, 1, "connect_timeout is \"5s\" in PGCONNECT_TIMEOUT", environment: ["PGCONNECT_TIMEOUT": "5s"]),
        Mistake(host, 1, "sslmode is \"on\" in PGSSLMODE", environment: ["PGSSLMODE": "on"]),
        Mistake(host + ["--generator", "defualt"], 1, "mean \"default\""),
        Mistake(host + ["--credentials", "profil"], 1, "mean \"profile\""),
        Mistake(["connect", "-f", "/nonexistent"], 1, "\"/nonexistent\" cannot be read"),
        Mistake(["exec", "host=x", "--", "no-such-program"], 127, "no program \"no-such-program\""),
        Mistake(["exec", "host=x", "--", "/nonexistent"], 127, "/nonexistent"),
    ]

    #if Proxy
    static let proxyMistakes = [
        Mistake(["proxy"], 2, "No server is named", "rds-iam proxy --help"),
        Mistake(["proxy", "postgresql://u:s3c@hunter2@h/d"], 2, "CONNINFO cannot be read", "%40"),
    ]
    #else
    static let proxyMistakes = [Mistake(["proxy"], 2, "no subcommand \"proxy\"")]
    #endif

    @Test("each says which word is wrong and what to do, on standard error alone", arguments: mistakes + proxyMistakes)
    func mistake(_ mistake: Mistake) async throws {
        let lab = try CommandLab()
        let result = try await lab.run(mistake.arguments, mistake.environment)
        #expect(result.status == mistake.status, "\(result.errors)")
        #expect(result.output == "")
        for text in mistake.says { #expect(result.errors.contains(text), "\(result.errors)") }
        for text in ["a setting", "A setting", "an entry", "A value"] {
            #expect(!result.errors.contains(text), "\(result.errors)")
        }
        #expect(result.errors.hasPrefix(mistake.status == 2 ? "Error: " : "rds-iam: error: "), "\(result.errors)")
    }

    @Test("a wrong value of a service is named with the service, also beside a variable that is right")
    func serviceValue() async throws {
        var lab = try CommandLab()
        let services =
            "[bad]\nhost=db.example.com\nport=12x\nconnect_timeout=5s\n[worse]\nhost=db.example.com\nsslmode=on\n"
        lab.environment["PGSERVICEFILE"] = try lab.folder.write(services, to: "services")
        let variables = ["PGPORT": "5432", "PGSSLMODE": "require", "PGHOST": "db.example.com"]
        for (service, value, keyword) in [("bad", "12x", "port"), ("worse", "on", "sslmode")] {
            for more in [[:], variables] {
                let result = try await lab.run(["token", "service=\(service)"], more)
                let words = "\(keyword) is \"\(value)\" in the service \"\(service)\""
                #expect(result.status == 1 && result.errors.contains(words), "\(result.errors)")
            }
        }
    }

    @Test("a service file that cannot be read is named, also if it is the one in the home directory")
    func serviceFile() async throws {
        let lab = try CommandLab()
        try FileManager.default.createDirectory(atPath: lab.folder.path("home"), withIntermediateDirectories: true)
        let own = try lab.folder.write("[bad]\nhost = x\n", to: "home/.pg_service.conf")
        let long = try lab.folder.write("[bad]\nhost=" + String(repeating: "x", count: 2000), to: "long")
        let nested = try lab.folder.write("[bad]\nservice=other\n", to: "nested")
        let missing = lab.folder.path("missing")
        for (variables, file) in [
            ([:], own), (["PGSERVICEFILE": long], long), (["PGSERVICEFILE": nested], nested),
            (["PGSERVICEFILE": missing], missing),
        ] {
            let result = try await lab.run(["token", "service=bad"], variables)
            #expect(result.status == 1 && result.errors.hasSuffix("The service file is \(file).\n"), "\(result.errors)")
        }
    }

    @Test("an empty entry in a list of ports is the default port, as for libpq")
    func defaultPort() async throws {
        let lines = try await CommandLab().run("conninfo", "-h", "h1,h2", "-p", ",5433").lines
        #expect(lines.contains("connects to h1, port 5432") && lines.contains("then to h2, port 5433"), "\(lines)")
    }

    @Test("a value that is not UTF-8 is refused, not repaired")
    func invalidUTF8() async throws {
        let lab = try CommandLab()
        for words in ["--user \"$BAD\"", "--user=\"$BAD\"", "-U\"$BAD\"", "\"host=x user=$BAD\""] {
            let result = try await lab.shell("BAD=$(printf 'a\\377'); rds_iam token -h db.example.com \(words)")
            #expect(
                result.status == 2 && result.output == "" && result.errors.contains("is not UTF-8"),
                "\(result.errors)"
            )
        }
        let variable = try await lab.shell("PGUSER=$(printf 'a\\377') rds_iam token -h db.example.com")
        #expect(variable.status == 1 && variable.errors.contains("user is not UTF-8"), "\(variable.errors)")
    }

    /// Linux passes no word of more than 128 KiB (MAX_ARG_STRLEN), and 2 MiB of words and variables at most.
    @Test("a megabyte in any place that can hold one, and binary junk, end with a message, not with a crash")
    func junk() async throws {
        let lab = try CommandLab()
        try lab.folder.write(String(repeating: "x", count: 1_000_000), to: "junk")
        try lab.folder.write("[blog]\nhost=" + String(repeating: "x", count: 1_000_000) + "\n", to: "services")
        let word = "$(head -c 100000 /dev/zero | tr '\\0' x)"
        let variables = ["JUNK": lab.folder.path("junk"), "SERVICES": lab.folder.path("services")]
        for script in [
            "rds_iam token \"\(word)\"",
            "rds_iam \"\(word)\"",
            "rds_iam token -h \"$(head -c 100000 /dev/zero | tr '\\0' =)\" -U u",
            "w=\(word); rds_iam token $w $w $w $w $w $w $w $w $w $w",
            "w=\(word); rds_iam $w $w $w $w $w $w $w $w $w $w",
            "w=\(word); rds_iam connect -c $w -c $w -c $w -c $w -c $w -c $w -c $w -c $w -c $w -c $w",
            "PGSERVICEFILE=$SERVICES PGSERVICE=blog rds_iam token",
            "PGSERVICEFILE=$JUNK PGSERVICE=blog rds_iam token",
            "PGPASSFILE=$JUNK PGSERVICE=blog rds_iam token",
            "rds_iam token --config \"$JUNK\" -h db.example.com",
            "rds_iam connect -h nowhere.invalid -f \"$JUNK\"",
            "rds_iam connect -h nowhere.invalid -f - < \"$JUNK\"",
            "rds_iam audit find-token < \"$JUNK\"",
            "head -c 5000 /dev/urandom | tr -d '\\0' | xargs -0 \"$RDS_IAM\" token",
            "head -c 5000 /dev/urandom | tr -d '\\0' | xargs -0 \"$RDS_IAM\"",
        ] {
            let result = try await lab.shell(script, variables)
            #expect([1, 2, 5, 123].contains(result.status), "\(script): \(result.status) \(result.errors.prefix(500))")
            #expect(result.output == "" && !result.errors.isEmpty, "\(script)")
        }
    }

    @Test("--help, --version and help are answers, and -h is a host everywhere")
    func help() async throws {
        let lab = try CommandLab()
        for words in [["--help"], ["help"], ["help", "token"], ["token", "--help"]] {
            let result = try await lab.run(words)
            #expect(result.status == 0 && result.output.contains("USAGE: rds-iam") && result.errors == "", "\(words)")
        }
        let version = try await lab.run("--version")
        #expect(version.status == 0 && version.output.split(separator: ".").count == 3)
        let host = try await lab.run("token", "-h", "db.example.com", "-Uandrew", "-p5433")
        #expect(host.output.hasPrefix("db.example.com:5433/?Action=connect&DBUser=andrew&"))
    }

    @Test("every help text has an example and exit statuses, and no line of it is wider than 80 columns")
    func helpTexts() async throws {
        let lab = try CommandLab()
        var commands: [[String]] = [[]]
        var count = 0
        while let command = commands.popLast() {
            let help = try await lab.run(command + ["--help"]).output
            count += 1
            let parts = help.components(separatedBy: "SUBCOMMANDS:\n")
            commands += (parts.count > 1 ? parts[1] : "").split(separator: "\n").compactMap { line in
                guard line.hasPrefix("  "), !line.hasPrefix("   ") else { return nil }
                return line.split(separator: " ").first.flatMap { $0 == "See" ? nil : command + [String($0)] }
            }
            let hasExample = help.split(separator: "\n").contains { $0.hasPrefix("  ") && $0.contains("rds-iam ") }
            #expect(hasExample || help.contains("SUBCOMMANDS:"), "no example: \(command)")
            #expect(help.contains("xit status"), "no exit status: \(command)")
            for line in help.split(separator: "\n") where !line.contains("https://") {
                #expect(line.count <= 80, "\(command): \(line)")
            }
        }
        #expect(count > 20)
    }

    /// A command as `--experimental-dump-help` describes it.
    private struct Described: Decodable {
        let commandName: String
        let discussion: String?
        let subcommands: [Described]?

        /// The commands below it too, with the words that call them.
        func all(_ path: [String] = []) -> [(path: [String], command: Described)] {
            [(path, self)] + (subcommands ?? []).flatMap { $0.all(path + [$0.commandName]) }
        }
    }

    @Test("an example stands in a help text as it is typed, in lines that nothing breaks")
    func examples() async throws {
        struct Dump: Decodable { let command: Described }
        let lab = try CommandLab()
        let dump = try await lab.run("--experimental-dump-help").output
        let root = try JSONDecoder().decode(Dump.self, from: Data(dump.utf8)).command
        var count = 0
        for (path, command) in root.all() where path.first != "help" {
            let help = try await lab.run(path + ["--help"]).output.split(separator: "\n")
            let lines = (command.discussion ?? "").split(separator: "\n").filter { $0.hasPrefix("  ") }
            for line in lines { #expect(help.contains(line), "\(path): \(line)") }
            count += lines.count
        }
        #expect(count > 40)
    }

    @Test("what a wrong option is told fits into 80 columns")
    func wrappedUsage() async throws {
        let result = try await CommandLab().run("audit", "fleet", "stats", "--nonsense")
        #expect(result.status == 2 && result.errors.contains("rds-iam audit fleet stats"), "\(result.errors)")
        for line in result.errors.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }
}
#endif
