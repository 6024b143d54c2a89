import AuthTokens
import Foundation
import LibpqClient
import PGConninfo
import RDSIAMBasics
import Testing

@testable import PGRDSIAM

@Suite("The endpoints that go to libpq with a token", .timeLimit(.minutes(1)))
struct DialedEndpointsTests {
    private static let string = """
        host=a.example.com,b.example.com hostaddr=10.0.0.1,10.0.0.2 port=5432,5433 user=u \
        aws_rds_iam_auth_token_generator=default
        """

    private static func opener(_ string: String = string) throws -> ConnectionOpener {
        let conninfo = try Conninfo.parse(string, dialect: .v15, extensions: .rdsIAM)
        let plan = try ConnectionPlan(conninfo, environment: ConninfoEnvironment(userName: "u"))
        let generator = ClosureTokenGenerator { request in
            AuthToken(value: "secret for \(request.host)", signedAt: Date(), expiresAt: Date() + 900)
        }
        let generators = AuthTokenGeneratorRegistry(defaults: [("default", { generator })])
        return ConnectionOpener(plan: plan, issuer: TokenIssuer(generators: generators))
    }

    private struct Seen: Error {
        let credential: PGLogin.Credential
    }

    @Test("are those of the plan, inside TLS, each with its own token as the password")
    func planned() async throws {
        let login = try Self.opener().login(LoginFailures())
        #expect(login.requiresTLS)
        let servers = [
            PGEndpoint(host: "a.example.com", address: "10.0.0.1", port: "5432"),
            PGEndpoint(host: "b.example.com", address: "10.0.0.2", port: "5433"),
        ]
        #expect(login.servers == servers)
        #expect(!login.parameters.contains { $0.keyword == "password" })
        for server in servers {
            let authenticator = try #require(login.authenticator)
            let seen = await #expect(throws: Seen.self) {
                try await authenticator(server) { throw Seen(credential: $0) }
            }
            #expect(seen?.credential.password == "secret for \(server.host)")
        }
    }

    static let strays = [
        PGEndpoint(host: "c.example.com", address: "10.0.0.1", port: "5432"),
        PGEndpoint(host: "a.example.com", address: "10.0.0.9", port: "5432"),
        PGEndpoint(host: "a.example.com", address: "10.0.0.1", port: "5433"),
        PGEndpoint(host: "b.example.com", address: "10.0.0.1", port: "5432"),
        PGEndpoint(host: "A.example.com", address: "10.0.0.1", port: "5432"),
        PGEndpoint(host: "", address: "10.0.0.1", port: "5432"),
        PGEndpoint(host: "", address: "", port: "5432"),
        PGEndpoint(host: "/var/run/postgresql", address: "", port: "5432"),
        PGEndpoint(host: "@abstract", address: "", port: "5432"),
    ]

    @Test("get no token if the plan does not name them", arguments: strays)
    func stray(_ stray: PGEndpoint) async throws {
        let authenticator = try #require(try Self.opener().login(LoginFailures()).authenticator)
        let error = await #expect(throws: RDSIAMError.self) {
            try await authenticator(stray) { throw Seen(credential: $0) }
        }
        #expect(error?.code == .endpointMismatch && error?.isRetryable == false)
        #expect(error?.description.contains("secret") == false)
    }

    @Test("are libpq's to find without a token, if none are named or their names are not text")
    func withoutToken() throws {
        for string in ["user=u dbname=d", "postgresql:///x?host=%2Ftmp%2F%E9,h.example.com"] {
            let login = try Self.opener(string).login(LoginFailures())
            #expect(login.servers == nil && login.authenticator == nil && !login.requiresTLS)
        }
        let login = try Self.opener("postgresql:///x?host=%2Ftmp%2F%E9,h.example.com").login(LoginFailures())
        let host = login.parameters.first { $0.keyword == "host" }
        #expect(host?.value == Array("/tmp/".utf8) + [0xE9] + Array(",h.example.com".utf8))
    }

    @Test("get an encoding that the connection string names, and none that the environment names for other programs")
    func encoding() throws {
        let given = try Conninfo.parse("host=h user=u client_encoding=LATIN1", dialect: .v15, extensions: .rdsIAM)
        let unset = try Conninfo.parse("host=h user=u", dialect: .v15, extensions: .rdsIAM)
        let environment = ConninfoEnvironment(variables: ["PGCLIENTENCODING": "LATIN1"], userName: "u")
        func encoding(_ conninfo: Conninfo) throws -> [UInt8]? {
            let plan = try ConnectionPlan(conninfo, environment: environment)
            return plan.parametersForLibpq.first { $0.keyword == "client_encoding" }?.value
        }
        #expect(try encoding(given) == Array("LATIN1".utf8))
        #expect(try encoding(unset) == nil)
    }
}
