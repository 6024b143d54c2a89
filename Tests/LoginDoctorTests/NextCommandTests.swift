import AuthTokens
import Foundation
import LoginDoctor
import PGConninfo
import PGRDSIAM
import TestSupport
import Testing

@Suite("The command to run next", .timeLimit(.minutes(3)))
struct NextCommandTests {
    /// A connection string, what its examination must name, and the command.
    struct Case: Sendable, CustomTestStringConvertible {
        let conninfo: String
        let answer: String
        let next: String?
        var testDescription: String { conninfo }

        init(_ conninfo: String, _ answer: String, _ next: String?) {
            (self.conninfo, self.answer, self.next) = (conninfo, answer, next)
        }
    }

    private static let name = "db.abcdefghijkl.eu-west-2.rds.amazonaws.com"

    static let hosts = [
        Case("host=\(name):31169 user=u", "holds a port.", "doctor 'user=u host=\(name) port=31169'"),
        Case("host=localhost:5432 user=u port=1", "holds a port.", "doctor 'user=u host=localhost port=5432'"),
        Case("host=[2001:db8::1]:5432 user=u", "holds a port.", "doctor 'user=u host=2001:db8::1 port=5432'"),
        Case("host=\(name):blog user=u", "holds a colon.", "doctor 'user=u host=\(name)'"),
        Case("host=\(name): user=u", "holds a colon.", "doctor 'user=u host=\(name)'"),
        Case("host=https://\(name)/ user=u", "is a URL.", "doctor 'user=u host=\(name)'"),
        Case(
            "host=jdbc:postgresql://\(name):6000/blog?a=b user=u",
            "is a URL.",
            "doctor 'user=u host=\(name) port=6000'"
        ),
        Case("host=\(name)/blog user=u", "holds a slash.", "doctor 'user=u host=\(name)'"),
        Case("host=andrew@\(name) user=u", "holds a user.", "doctor 'user=u host=\(name)'"),
        Case("host=' \(name)' user=u", "holds a space.", "doctor 'user=u host=\(name)'"),
        Case("host='\(name) ' user=u", "holds a space.", "doctor 'user=u host=\(name)'"),
        Case("host=\u{FEFF}\(name) user=u", "holds a character that cannot be seen.", "doctor 'user=u host=\(name)'"),
        Case("host='a b' user=u", "holds a space.", nil),
        Case(
            "host=db aws_rds_iam_host=\(name):6000 user=u",
            "holds a port.",
            "doctor 'user=u host=db aws_rds_iam_host=\(name) aws_rds_iam_port=6000'"
        ),
        Case("hostaddr=10.0.0.1 user=u", "No host is named", "doctor 'user=u hostaddr=10.0.0.1 host=ENDPOINT'"),
    ]

    static let misspelled =
        [
            ("db.abcdefghijkl.eu-west-2.rds.amazonaws.con", name), ("db.abcdefghijkl.eu-west2.rds.amazonaws.com", name),
            ("db.abcdefghijkl.euwest-2.rds.amazonaws.com", name), ("db.abcdefghijkl.eu_west_2.rds.amazonaws.com", name),
            ("db.abcdefghijkl.eu-west-2.rsd.amazonaws.com", name), ("db.abcdefghijkl.eu-west-2.rds.amazonaws", name),
            ("db.abcdefghijkl.eu-west-2.rds.amazonaw.com", name), ("db.abcdefghijkl.eu-west-2.rdsamazonaws.com", name),
            ("DB.abcdefghijkl.eu-west2.rds.amazonaws.con.", name),
            ("foo0bar1baz2quux3abcdefghi.dsql.us-east1.on.aws", "foo0bar1baz2quux3abcdefghi.dsql.us-east-1.on.aws"),
        ].map { host, meant in
            Case("host=\(host) user=u", "did you mean \(meant)?", "doctor 'user=u host=\(meant)'")
        } + [
            Case("host=db.eu-west-2.rds.amazonaws.com user=u", "lacks a part", nil),
            Case(
                "host=db aws_rds_iam_host=db.abcdefghijkl.eu-west-2.rds.amazonaws.co user=u",
                "did you mean \(name)?",
                "doctor 'user=u host=db aws_rds_iam_host=\(name)'"
            ),
        ]

    private func report(_ conninfo: String, _ machine: Machine) async throws -> ExaminationReport {
        var examination = machine.examination()
        examination.network.addresses = { _ in throw DoctorNetwork.Failure("Name or service not known") }
        return try await examination.report(on: conninfo)
    }

    @Test("names the host alone, or the one that is meant", arguments: hosts + misspelled)
    func host(_ sample: Case) async throws {
        let keys = ["AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "x"]
        let report = try await report(sample.conninfo, try Machine(keys))
        #expect(report.answer.contains(sample.answer), "\(report.answer)")
        #expect(report.next == sample.next.map { "rds-iam " + $0 })
        #expect(!report.answer.contains("IP address"))
    }

    @Test(
        "is not guessed for names that are not nearly AWS's",
        arguments: [
            "db.example.com", "db.eu-west-2.example.com", "my-nlb-0123.elb.eu-west-2.amazonaws.com",
            "ec2-1-2-3-4.eu-west-2.compute.amazonaws.com", "db.abcdefghijkl.eu-west-2.rds.example.com",
            "vpce-0123.rds.eu-west-2.vpce.amazonaws.com", "db.internal", "db",
        ]
    )
    func otherNames(_ host: String) async throws {
        let report = try await report("host=\(host) user=u", try Machine(try await Stage.keys()))
        #expect(report.causes.map(\.code) == ["nameNotResolved", "noRegion"])
        #expect(report.next == "getent hosts \(host)")
    }

    @Test("does not show the password of a URL that stands as the host")
    func password() async throws {
        let conninfo = "host=postgresql://u:geheim@\(Self.name):6000/blog user=u"
        let report = try await report(conninfo, try Machine(try await Stage.keys()))
        #expect(!"\(report)".contains("geheim"))
        #expect(report.next == "rds-iam doctor 'user=u host=\(Self.name) port=6000'")
    }

    /// What chooses the credentials, and the command that looks at them.
    static let choices = [
        ("aws_rds_iam_profile=exp", "rds-iam credentials --profile exp"),
        ("aws_rds_iam_profile='my team'", "rds-iam credentials --profile 'my team'"),
        ("aws_rds_iam_profile=it\\'s;reboot", "rds-iam credentials --profile 'it'\\''s;reboot'"),
        ("aws_rds_iam_credentials=profile", "rds-iam credentials --credentials profile"),
        (
            "aws_rds_iam_role_arn=arn:aws:iam::111122223333:role/app aws_rds_iam_role_session_name=me",
            "rds-iam credentials --role-arn arn:aws:iam::…3333:role/app 'aws_rds_iam_role_session_name=me'"
        ),
        ("", "rds-iam credentials"),
    ]

    @Test("after a failure of the credentials looks at the same ones", arguments: choices)
    func credentials(_ setting: String, _ command: String) async throws {
        var machine = try Machine(["AWS_PROFILE": "other"])
        machine.aws.refusal = "InvalidClientTokenId"
        try machine.home.write("[profile other]\ncredential_process = exit 3\n", to: ".aws/config")
        machine.variables["PATH"] = "/usr/bin:/bin"
        let report = try await report("host=\(Self.name) user=u \(setting)", machine)
        #expect(report.steps.first { $0.name == .credentials }?.mark == .failed)
        #expect(report.next == command, "\(report.answer)")
        let alone = try await machine.examination().credentialsReport(on: setting)
        #expect(alone.next == nil && alone.causes.first?.command == command, "\(alone.answer)")
    }

    @Test("of keys that AWS refuses looks at the same ones", arguments: ["ExpiredToken", "InvalidClientTokenId"])
    func refused(_ code: String) async throws {
        var machine = try Machine()
        machine.aws.refusal = code
        let keys = "[profile exp]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n"
        try machine.home.write(keys, to: ".aws/config")
        let report = try await report("host=\(Self.name) user=u aws_rds_iam_profile=exp", machine)
        #expect(report.next == "rds-iam credentials --profile exp", "\(report.answer)")
    }

    @Test("of a sign-in that has ended is the one that renews it, whatever AWS_PROFILE says")
    func signIn() async throws {
        let machine = try Machine(["AWS_PROFILE": "exp"])
        let sso = "sso_account_id = 111122223333\nsso_role_name = app\n"
        let start = "sso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-2\n"
        let config =
            "[profile sso]\nsso_session = corp\n\(sso)[profile old]\n\(start)\(sso)[sso-session corp]\n\(start)"
        try machine.home.write(config, to: ".aws/config")
        for (profile, command) in [
            ("sso", "aws sso login --sso-session corp"), ("old", "aws sso login --profile old"),
        ] {
            let report = try await report("host=\(Self.name) user=u aws_rds_iam_profile=\(profile)", machine)
            #expect(report.causes.first?.code == "ssoExpired" && report.next == command, "\(report.next ?? "")")
        }
    }

    @Test("at the server names it, and the user who may do it")
    func atServer() async throws {
        let facts = try await Stage.server.facts
        let server = "host=\(Stage.host) hostaddr=\(facts.hostaddr) port=\(facts.port)"
        let more = "sslrootcert=\(facts.ca) aws_rds_iam_port=\(facts.port)"
        let commands = [
            ("plain", "postgres", #"GRANT rds_iam TO "plain""#), ("mute", "postgres", #"ALTER ROLE "mute" LOGIN"#),
        ]
        for (user, database, sql) in commands {
            let report = try await report("\(server) user=\(user) dbname=\(database) \(more)")
            let words = try #require(report.next?.components(separatedBy: "' -c '"))
            #expect(words.count == 2 && words[1] == "\(sql)'" && words[0].hasPrefix("psql '"), "\(report.next ?? "")")
            let settings = try Conninfo.parse(String(words[0].dropFirst(6)))
            #expect(settings[.host] == Stage.host && settings[.port] == "\(facts.port)")
            #expect(settings[.user] == "ADMINISTRATOR" && settings[.dbname] == database)
            #expect(settings[.hostaddr] == facts.hostaddr && settings[.sslrootcert] == facts.ca)
        }
        let missing = try await report("\(server) user=works dbname=nowhere \(more)")
        let list = try #require(missing.next)
        #expect(list.hasPrefix("rds-iam psql '") && list.hasSuffix("' -- -l"), "\(list)")
        let text = String(list.dropFirst("rds-iam psql '".count).dropLast("' -- -l".count))
        let settings = try Conninfo.parse(text, dialect: .linked, extensions: .init(RDSIAM.generators))
        #expect(settings[.host] == Stage.host && settings[.user] == "works" && settings[.dbname] == "postgres")
    }

    private func report(_ conninfo: String) async throws -> ExaminationReport {
        try await Machine(try await Stage.keys()).examination().report(on: conninfo)
    }

    @Test("repeats the options that it takes, and needs no secret that it would leave out")
    func options() async throws {
        var examination = try Machine(try await Stage.keys()).examination()
        examination.repeatedOptions = [["--config", "my file"], ["--audit", "off"], ["--allow-command"]]
        let works = try await examination.report(on: try await Stage.conninfo("works")).next
        #expect(
            works?.hasPrefix("rds-iam psql --config 'my file' --audit off --allow-command '") == true,
            "\(works ?? "")"
        )
        let unknown = "host=\(Self.name) user=u aws_rds_iam_auth_token_generator=none"
        let list = try await examination.report(on: unknown).next
        #expect(list == "rds-iam generators --config 'my file'")
        var without = try Machine().examination()
        without.repeatedOptions = examination.repeatedOptions
        let alone = try await without.credentialsReport()
        #expect(alone.causes.first?.command == "rds-iam credentials --config 'my file'")
    }

    @Test("is left out if it would lack a secret", arguments: ["vault_key=geheim", "password=geheim", ""])
    func secret(_ setting: String) async throws {
        let generators = AuthTokenGeneratorRegistry()
        try generators.add("vault", secretKeywords: ["vault_key"], lifetime: .seconds(60)) { _ in "" }
        let examination = Examination(issuer: TokenIssuer(generators: generators))
        let conninfo = "host=\(Self.name):6000 user=u aws_rds_iam_auth_token_generator=vault \(setting)"
        let report = try await examination.report(on: conninfo)
        #expect(report.causes.first?.code == "malformedHost" && !"\(report)".contains("geheim"))
        #expect((report.next == nil) == setting.hasPrefix("vault_key"), "\(report.next ?? "")")
    }

    @Test("at one of several servers names that one alone")
    func severalServers() async throws {
        let facts = try await Stage.server.facts
        let port = facts.port
        let conninfo =
            "host=\(Stage.host),other.example.com hostaddr=\(facts.hostaddr),127.0.0.2 port=\(port),1 user=plain "
            + "dbname=postgres sslrootcert=\(facts.ca) aws_rds_iam_port=\(port)"
        let next = try #require(try await report(conninfo).next)
        #expect(next.contains("host=\(Stage.host) ") && next.contains(" port=\(port) "), "\(next)")
        #expect(!next.contains("aws_rds_iam_port") && !next.contains("other.example.com"), "\(next)")
    }
}
