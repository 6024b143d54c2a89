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
        Mistake(["help", "audit", "lst"], 2, "mean \"list\""),
        Mistake(["\u{212A}"], 2, "no subcommand"),
        Mistake(["toke\u{6E}\u{301}"], 2, "no subcommand"),
        Mistake(["token", "--prot", "1"], 2, "--prot", "mean '--port'"),
        Mistake(["token", "-h"], 2, "'-h'"),
        Mistake(["token", "a=b", "c=d"], 2, "c=d"),
        Mistake(["token", "--port", "0"], 2, "--port is \"0\"", "from 1 to 65535"),
        Mistake(["token", "--port", "99999"], 2, "--port is \"99999\"", "from 1 to 65535"),
        Mistake(["token", "-p", "-1"], 2, "-p"),
        Mistake(["token", "-p", "5432,"], 2, "from 1 to 65535"),
        Mistake(["token", "-p", "\u{0665}"], 2, "from 1 to 65535"),
        Mistake(["token", "--user", ""], 2, "value of --user is empty", "rds-iam token --help"),
        Mistake(["token", "-U", ""], 2, "value of -U is empty"),
        Mistake(["token", "--user="], 2, "--user is empty"),
        Mistake(["token", "--region", ""], 2, "--region is empty"),
        Mistake(["connect", "--profile", ""], 2, "--profile is empty"),
        Mistake(["env", "--generator="], 2, "--generator is empty"),
        Mistake(["exec", "--role-arn", "", "--", "true"], 2, "--role-arn is empty"),
        Mistake(["audit", "list", "--audit-log", ""], 2, "--audit-log is empty"),
        Mistake(["audit", "verify", "--key="], 2, "--key is empty"),
        Mistake(["connect", ""], 2, "Argument 2 is empty"),
        Mistake(["connect", "-c", ""], 2, "-c is empty"),
        Mistake(["connect", "--json", "--csv"], 2, "--json and --csv"),
        Mistake(["connect", "-f", "-", "-f", "-"], 2, "-f - is there twice"),
        Mistake(["connect", "host=x", "-d", "host=y"], 2, "-d is a connection string"),
        Mistake(["exec", "host=x"], 2, "no program to run", "--"),
        Mistake(["exec", "--"], 2, "no program to run"),
        Mistake(["token", "host='x"], 1, "CONNINFO cannot be read", "no closing quote"),
        Mistake(["token", "host=x blog"], 1, "CONNINFO has no \"=\" after \"blog\""),
        Mistake(["token", "host=x password=a secret"], 1, "after the word at byte 18"),
        Mistake(["token", "hst=x"], 1, "\"hst\"", "mean \"host\""),
        Mistake(["token", "mysql://h/d"], 1, "postgresql://"),
        Mistake(["token", "host=x port=0"], 1, "port is \"0\" in CONNINFO", "from 1 to 65535"),
        Mistake(host, 1, "port is \"x\" in PGPORT", environment: ["PGPORT": "x"]),
        Mistake(host, 1, "connect_timeout is \"5s\" in PGCONNECT_TIMEOUT", environment: ["PGCONNECT_TIMEOUT": "5s"]),
        Mistake(host, 1, "sslmode is \"on\" in PGSSLMODE", environment: ["PGSSLMODE": "on"]),
        Mistake(host + ["--generator", "defualt"], 1, "mean \"default\""),
        Mistake(host + ["--credentials", "profil"], 1, "mean \"profile\""),
        Mistake(["connect", "-f", "/nonexistent"], 1, "\"/nonexistent\" cannot be read"),
        Mistake(["exec", "host=x", "--", "no-such-program"], 127, "no program \"no-such-program\""),
        Mistake(["exec", "host=x", "--", "/nonexistent"], 127, "/nonexistent"),
    ]

    @Test("each says which word is wrong and what to do, on standard error alone", arguments: mistakes)
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

    @Test("an argument of a megabyte and binary junk end with a message, not with a crash")
    func junk() async throws {
        let lab = try CommandLab()
        for script in [
            "rds_iam token \"$(head -c 100000 /dev/zero | tr '\\0' x)\"",
            "rds_iam \"$(head -c 100000 /dev/zero | tr '\\0' x)\"",
            "rds_iam token -h \"$(head -c 100000 /dev/zero | tr '\\0' =)\" -U u",
            "head -c 5000 /dev/urandom | tr -d '\\0' | xargs -0 \"$RDS_IAM\" token",
            "head -c 5000 /dev/urandom | tr -d '\\0' | xargs -0 \"$RDS_IAM\"",
        ] {
            let result = try await lab.shell(script)
            #expect([1, 2, 123].contains(result.status), "\(script): \(result.status) \(result.errors.prefix(500))")
            #expect(result.output == "" && !result.errors.isEmpty)
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
            // The terminal fills the usage.
            for line in help.split(separator: "\n") where !line.contains("https://") && !line.hasPrefix("USAGE: ") {
                #expect(line.count <= 80, "\(command): \(line)")
            }
        }
        #expect(count > 20)
    }
}
#endif
