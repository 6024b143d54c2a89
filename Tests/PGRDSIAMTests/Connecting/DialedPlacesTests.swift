import AuthTokens
import Foundation
import PGConninfo
import Testing

@testable import PGRDSIAM

@Suite("The endpoints that go to libpq with a token", .timeLimit(.minutes(1)))
struct DialedPlacesTests {
    private static let string = """
        host=a.example.com,b.example.com hostaddr=10.0.0.1,10.0.0.2 port=5432,5433 user=u \
        aws_rds_iam_auth_token_generator=default
        """

    private static func attempt(_ string: String = string) async throws -> LoginAttempt {
        let conninfo = try Conninfo.parse(string, dialect: .v15, extensions: .rdsIAM)
        let plan = try ConnectionPlan(conninfo, environment: ConninfoEnvironment(userName: "u"))
        let generator = ClosureTokenGenerator { _ in
            AuthToken(value: "secret-token", signedAt: Date(), expiresAt: Date() + 900)
        }
        let issuer = TokenIssuer(generators: AuthTokenGeneratorRegistry(defaults: [("default", { generator })]))
        let login = try #require(plan.login)
        return LoginAttempt(plan: plan, tokens: try await HostTokens(login, from: issuer))
    }

    @Test("are those of the plan, with the token as the password")
    func planned() async throws {
        let attempt = try await Self.attempt()
        let conninfo = try attempt.conninfo(dialing: attempt.plan.places, nil)
        #expect(conninfo[.host] == "a.example.com,b.example.com")
        #expect(conninfo[.hostaddr] == "10.0.0.1,10.0.0.2")
        #expect(conninfo[.port] == "5432,5433")
        #expect(conninfo[.password] == "secret-token")
    }

    @Test("may be any address of a name")
    func addressOfName() async throws {
        let attempt = try await Self.attempt(
            "host=a.example.com user=u aws_rds_iam_auth_token_generator=default"
        )
        let places = ["10.0.0.7", "fe80::1"].map { Place(host: "a.example.com", address: $0, port: "5432") }
        #expect(try attempt.conninfo(dialing: places, nil)[.hostaddr] == "10.0.0.7,fe80::1")
    }

    static let strays = [
        Place(host: "c.example.com", address: "10.0.0.1", port: "5432"),
        Place(host: "a.example.com", address: "10.0.0.9", port: "5432"),
        Place(host: "a.example.com", address: "10.0.0.1", port: "5433"),
        Place(host: "b.example.com", address: "10.0.0.1", port: "5432"),
        Place(host: "A.example.com", address: "10.0.0.1", port: "5432"),
        Place(host: "", address: "10.0.0.1", port: "5432"),
        Place(host: "", address: "", port: "5432"),
        Place(host: "/var/run/postgresql", address: "", port: "5432"),
        Place(host: "@abstract", address: "", port: "5432"),
    ]

    @Test("are refused if the plan does not name one of them, before libpq gets the token", arguments: strays)
    func stray(_ stray: Place) async throws {
        let attempt = try await Self.attempt()
        for places in [[stray], attempt.plan.places + [stray], [stray] + attempt.plan.places] {
            let error = #expect(throws: PGRDSIAMError.self) { try attempt.conninfo(dialing: places, nil) }
            #expect(error?.code == .endpointMismatch)
            #expect(error?.description.contains("secret-token") == false)
        }
    }

    @Test("are refused if there are none: libpq would dial its default", arguments: [true, false])
    func none(hasToken: Bool) async throws {
        var attempt = try await Self.attempt()
        if !hasToken { attempt.tokens = nil }
        let error = #expect(throws: PGRDSIAMError.self) { try attempt.conninfo(dialing: [], nil) }
        #expect(error?.code == .noEndpoints)
    }

    /// A planned place, one that libpq reports, and whether they are the same.
    struct Report: Sendable {
        let planned: Place
        let reported: Place
        let isSame: Bool

        init(_ planned: (String, String), _ reported: (String, String, String), _ isSame: Bool) {
            self.planned = Place(host: planned.0, address: planned.1, port: "5432")
            self.reported = Place(host: reported.0, address: reported.1, port: reported.2)
            self.isSame = isSame
        }
    }

    static let reports = [
        Report(("a", "10.0.0.1"), ("a", "10.0.0.1", "5432"), true),
        Report(("a", "10.0.0.1"), ("a", "10.0.0.1", "5433"), false),
        Report(("a", "10.0.0.1"), ("b", "10.0.0.1", "5432"), false),
        Report(("a", "10.0.0.1"), ("a", "10.0.0.2", "5432"), false),
        Report(("", "10.0.0.1"), ("10.0.0.1", "10.0.0.1", "5432"), true),
        Report(("", "10.0.0.1"), ("10.0.0.1", "10.0.0.2", "5432"), false),
        Report(("a", "FE80:0::1"), ("a", "fe80::1", "5432"), true),
        Report(("a", "fe80::1"), ("a", "fe80::2", "5432"), false),
        // The same text in Unicode, but other bytes.
        Report(("e\u{301}", "10.0.0.1"), ("\u{E9}", "10.0.0.1", "5432"), false),
        Report(("k", "10.0.0.1"), ("\u{212A}", "10.0.0.1", "5432"), false),
    ]

    @Test("are compared by their bytes with those that libpq reports", arguments: reports)
    func comparison(_ report: Report) {
        #expect(report.planned.isMeant(by: report.reported) == report.isSame)
    }
}
