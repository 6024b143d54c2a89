import AuthTokens
import Foundation
import PGConninfo
import PGRDSIAM
import TestSupport
import Testing

@Suite("The adapter's parameters", .timeLimit(.minutes(5)))
struct ParameterTests {
    @Test("may be given one by one; the rest comes from the environment")
    func positional() async throws {
        let server = try await SharedServer.value
        let environment = ConninfoEnvironment(
            variables: ["PGHOSTADDR": "127.0.0.1", "PGPORT": "\(server.facts.port)", "PGSSLROOTCERT": server.facts.ca]
        )
        let connection = try await RDSIAM.connect(
            host: server.facts.host,
            user: "andrew",
            database: "postgres",
            issuer: server.issuer(),
            environment: environment
        )
        #expect(try await connection.value("select current_user") == "andrew")
    }

    @Test("are listed with their defaults, the extensions among them, and without secrets")
    func defaults() throws {
        let environment = ConninfoEnvironment(
            variables: ["PGHOST": "h", "PGPASSWORD": "secret"],
            userName: "os-user"
        )
        let defaults = try RDSIAM.parameterDefaults(in: environment)
        func value(_ keyword: String) -> String?? { defaults.first { $0.keyword == keyword }.map(\.value) }
        #expect(value("host") == "h")
        #expect(value("user") == "os-user")
        #expect(value("port") == "5432")
        #expect(value("password") == .some(nil))
        #expect(value("aws_rds_iam_auth_token_generator") == .some(nil))
        #expect(value("nonsense") == nil)
    }

    @Test("never reach libpq if they are extensions")
    func notPassedOn() async throws {
        let server = try await SharedServer.value
        let connection = try await RDSIAM.connect(
            server.tokenConninfo(user: "andrew", "aws_rds_iam_region=eu-west-2 application_name=mine"),
            issuer: server.issuer(),
            environment: .bare
        )
        #expect(try await connection.value("show application_name") == "mine")
        let plain = "host=\(server.facts.socket) port=\(server.facts.port) user=postgres dbname=postgres"
        let ours = try await RDSIAM.connect(plain + " aws_rds_iam_region=eu-west-2", environment: .bare)
        #expect(try await ours.value("select 1") == "1")
    }

    @Test("lead psql to the server, through its environment alone")
    func psql() async throws {
        let server = try await SharedServer.value
        let conninfo = try Conninfo.parse(
            server.tokenConninfo(user: "andrew"),
            dialect: .linked,
            extensions: .rdsIAM
        )
        let variables = try await RDSIAM.psqlEnvironment(for: conninfo, issuer: server.issuer(), environment: .bare)
        #expect(variables["PGSSLMODE"] == "verify-full")
        #expect(variables["PATH"] == ProcessInfo.processInfo.environment["PATH"])
        let psql = try await ChildProcess.run(
            "/usr/bin/env",
            ["psql", "-XAtc", "select current_user"],
            environment: variables
        )
        #expect(psql.output == "andrew\n", "\(psql.errors)")
    }

    @Test("lead psql to no other server, whatever service the parameters or the inherited variables name")
    func psqlAndServices() async throws {
        let server = try await SharedServer.value
        let folder = try TemporaryFolder()
        let service = "[elsewhere]\nhost=other.example.com\nport=1\nsslmode=disable\n"
        let services = try folder.write(service, to: "services")
        let conninfo = try Conninfo.parse(
            server.tokenConninfo(user: "andrew", "service=elsewhere sslmode=verify-full"),
            dialect: .linked,
            extensions: .rdsIAM
        )
        let variables = try await RDSIAM.psqlEnvironment(
            for: conninfo,
            issuer: server.issuer(),
            environment: ConninfoEnvironment(
                variables: ["PGSERVICEFILE": services],
                userName: "nobody",
                files: .inMemory([services: service])
            ),
            inherited: [
                "PGSERVICE": "elsewhere", "PGSERVICEFILE": services, "PGSSLMODE": "disable", "PGHOST": "other",
                "PGREQUIRESSL": "0", "PGTZ": "UTC",
            ]
        )
        #expect(variables["PGSERVICE"] == nil)
        #expect(variables["PGTZ"] == "UTC")
        let psql = try await ChildProcess.run(
            "/usr/bin/env",
            ["psql", "-XAtc", "select current_user, ssl from pg_stat_ssl where pid = pg_backend_pid()"],
            environment: variables
        )
        #expect(psql.output == "andrew|t\n", "\(psql.errors)")
    }

    @Test("that name a service are read from the file that the environment names, and from no other")
    func service() async throws {
        let server = try await SharedServer.value
        let place = "host=\(server.facts.socket)\nport=\(server.facts.port)\n"
        let environment = ConninfoEnvironment(
            variables: ["PGSERVICEFILE": "/services"],
            userName: "nobody",
            files: .inMemory(["/services": "[here]\n\(place)user=postgres\ndbname=postgres\n"])
        )
        let connection = try await RDSIAM.connect("service=here", environment: environment)
        #expect(try await connection.value("select current_user") == "postgres")
    }

    @Test("yield no token if the connection could do without TLS, or if there are several hosts")
    func tokens() async throws {
        let server = try await SharedServer.value
        for more in ["sslmode=prefer", "host=a,b hostaddr="] {
            let conninfo = try Conninfo.parse(
                server.tokenConninfo(user: "andrew", more),
                dialect: .linked,
                extensions: .rdsIAM
            )
            let error = await #expect(throws: RDSIAMError.self) {
                try await RDSIAM.token(for: conninfo, issuer: server.issuer(), environment: .bare)
            }
            #expect(error?.code == .invalidRequest)
        }
    }
}
