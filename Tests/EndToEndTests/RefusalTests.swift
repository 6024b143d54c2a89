import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import PGConninfo
import PGRDSIAM
import TestSupport
import Testing

@Suite("A token that is not right", .timeLimit(.minutes(5)))
struct RefusalTests {
    /// One thing that is wrong with a token, and the reason that the judge gives.
    struct Flaw: Sendable, CustomTestStringConvertible {
        let reason: String
        let user: String
        let generator: @Sendable (AWSCredentials) -> any AuthTokenGenerator
        var testDescription: String { reason }
    }

    static let flaws = [
        Flaw(reason: "signature", user: "user7") { account in
            RDSGenerator(
                credentials: .static(
                    AWSCredentials(
                        accessKeyID: account.accessKeyID,
                        secretAccessKey: "not the secret",
                        sessionToken: account.sessionToken
                    )
                )
            )
        },
        Flaw(reason: "session token", user: "user8") { account in
            RDSGenerator(
                credentials: .static(
                    AWSCredentials(
                        accessKeyID: account.accessKeyID,
                        secretAccessKey: account.secretAccessKey,
                        sessionToken: "another"
                    )
                )
            )
        },
        Flaw(reason: "scope eu-west-1/rds-db", user: "user9") { account in
            RDSGenerator(region: "eu-west-1", credentials: .static(account))
        },
        Flaw(reason: "DBUser", user: "user10") { account in RDSGeneratorAs("another user", account) },
        Flaw(reason: "endpoint", user: "user11") { account in RDSGeneratorAs(account) { $0.port = 5432 } },
        Flaw(reason: "expired", user: "user12") { account in
            ClosureTokenGenerator { request in
                var context = CredentialContext.system
                context.now = { Date() - 1000 }
                let old = RDSGenerator(credentials: .static(account), context: context)
                let value = try await old.token(for: request).value
                return AuthToken(value: value, signedAt: Date(), expiresAt: Date() + 900)
            }
        },
    ]

    @Test("is refused, and the judge says why", arguments: flaws)
    func refused(_ flaw: Flaw) async throws {
        let server = try await SharedServer.value
        let credentials = try Account(of: server).credentials()
        let generators = AuthTokenGeneratorRegistry(aws: [("default", { flaw.generator(credentials) })])
        let error = await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(
                server.tokenConninfo(user: flaw.user),
                issuer: TokenIssuer(generators: generators),
                environment: .bare
            )
        }
        #expect(error?.code == .loginRefused)
        #expect(error?.sqlState == "28000")
        #expect(try server.verdicts(on: flaw.user).map(\.reason) == [flaw.reason])
    }

    @Test("is refused when it has expired by the server's clock")
    func clockShift() async throws {
        let server = try await RDSLookalike.start(["--user", "late"])
        let issuer = try server.issuer()
        let conninfo = server.tokenConninfo(user: "late")
        #expect(try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare).value("select 1") == "1")
        try server.shiftClock(by: 901)
        let error = await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare)
        }
        #expect(error?.code == .loginRefused)
        // The cached token, then a new one: by the server's clock both are too old.
        #expect(try server.verdicts(on: "late").map(\.reason) == [nil, "expired", "expired"])
    }
}
