import AWSGenerators
import AuthTokens
import Foundation
import LoginDoctor
import PGConninfo
import PGRDSIAM
import RDSIAMSystem
import Testing

@Suite("Settings and where they come from", .timeLimit(.minutes(1)))
struct SettingsTests {
    private let generators = AuthTokenGeneratorRegistry(.aws)

    private func environment(_ variables: [String: String] = [:]) -> ConninfoEnvironment {
        ConninfoEnvironment(
            variables: variables,
            homeDirectory: "/home/me",
            userName: "me",
            files: .inMemory(["/home/me/.pg_service.conf": "[blog]\nhost=service.example.com\nport=6000\n"])
        )
    }

    private func origins(_ settings: ConnectionSettings, _ keywords: String...) -> [String] {
        keywords.map { keyword in settings[keyword].map { "\($0.value) (\($0.origin))" } ?? "unset" }
    }

    @Test("names the connection string, the environment, the defaults and the operating system")
    func plain() throws {
        let variables = ["PGPORT": "5433", "PGDATABASE": "env"]
        let settings = try ConnectionSettings(
            "host=db.example.com dbname=blog",
            generators: generators,
            environment: environment(variables)
        )
        #expect(
            origins(settings, "host", "port", "dbname", "user", "sslmode") == [
                "db.example.com (connection string)", "5433 (PGPORT)", "blog (connection string)",
                "me (operating system)", "prefer (default)",
            ]
        )
    }

    @Test("names the service, which outranks the environment")
    func service() throws {
        let variables = ["PGSERVICE": "blog", "PGPORT": "5433", "PGUSER": "env"]
        let settings = try ConnectionSettings("", generators: generators, environment: environment(variables))
        #expect(
            origins(settings, "host", "port", "user", "service") == [
                "service.example.com (service blog)", "6000 (service blog)", "env (PGUSER)", "blog (PGSERVICE)",
            ]
        )
        #expect(settings.endpoints == [try endpoint("service.example.com", "6000")])
    }

    @Test(
        "a database that is set nowhere has the user's name, whatever else a service sets",
        arguments: [
            ("host=a user=u", "u (the user's name)"), ("service=blog", "me (the user's name)"),
            ("host=a user=u dbname=''", "u (the user's name)"), ("service=full", "b (service full)"),
            ("service=blog user=u dbname=u", "u (connection string)"),
        ]
    )
    func database(_ text: String, _ expected: String) throws {
        var environment = self.environment()
        let files = "[blog]\nport=6000\n[full]\nuser=u\ndbname=b\n"
        environment.files = .inMemory(["/home/me/.pg_service.conf": files])
        let settings = try ConnectionSettings(text, generators: generators, environment: environment)
        #expect(origins(settings, "dbname") == [expected])
        #expect(settings["dbname"]?.isChosen == !expected.hasSuffix("(the user's name)"))
    }

    private func endpoint(_ host: String, _ port: String) throws -> ConnectionSettings.Endpoint {
        let json = Data(#"{"host":"\#(host)","port":"\#(port)"}"#.utf8)
        return try JSONDecoder().decode(ConnectionSettings.Endpoint.self, from: json)
    }

    @Test("an option outranks the connection string, and a host that it names loses the address of the other")
    func options() throws {
        let settings = try ConnectionSettings(
            "host=a hostaddr=192.0.2.1 user=u",
            overriding: ["host": "b", "aws_rds_iam_region": "eu-west-2"],
            generators: generators,
            environment: environment()
        )
        #expect(
            origins(settings, "host", "hostaddr", "user", "aws_rds_iam_region") == [
                "b (option)", "unset", "u (connection string)", "eu-west-2 (option)",
            ]
        )
    }

    @Test("masks secrets, whatever they come from", arguments: ["password=geheim", "sslpassword=geheim"])
    func secrets(_ secret: String) throws {
        let settings = try ConnectionSettings(
            "host=a user=u \(secret)",
            generators: generators,
            environment: environment(["PGPASSWORD": "geheim"])
        )
        let json = String(decoding: try JSONValue.encode(settings), as: UTF8.self)
        #expect(!json.contains("geheim"))
        #expect(json.contains(#""value":"***""#))
    }

    @Test("keeps the two forms of a character apart", arguments: ["e\u{301}", "\u{E9}", "\u{212A}", "\u{17F}"])
    func bytes(_ name: String) throws {
        let settings = try ConnectionSettings("host=a user=\(name)", generators: generators, environment: environment())
        #expect(settings["user"].map { Array($0.value.utf8) } == Array(name.utf8))
        #expect(settings["u\u{17F}er"] == nil)
    }

    @Test("what libpq refuses is an error", arguments: ["hots=a", "host='a", "postgrseql://a/b", "host=a\0b"])
    func refused(_ text: String) {
        #expect(throws: ConninfoError.self) {
            try ConnectionSettings(text, generators: generators, environment: environment())
        }
    }
}
