import AWSGenerators
import AuthTokens
import LibpqClient
import PGConninfo
import RDSIAMBasics
import Testing

@testable import PGRDSIAM

/// A program whose top level throws prints `String(reflecting:)` of the error after "Error raised at top level: ".
@Suite("An error that a program does not catch", .timeLimit(.minutes(1)))
struct ErrorTextTests {
    private static let environment = ConninfoEnvironment(userName: "u")

    static let strings = [
        "host=127.0.0.9 port=1 user=u",
        "host=127.0.0.9,127.0.0.8 port=1 user=u",
        "host=127.0.0.9,127.0.0.8 port=1 user=u aws_rds_iam_auth_token_generator=text",
        "host=a,b user=u aws_rds_iam_auth_token_generator=untold",
        "host=127.0.0.9 port=1 sslmode=disable user=u aws_rds_iam_auth_token_generator=text",
        "host=h port=x user=u",
        "hots=h",
        "host=h user=u aws_rds_iam_auth_token_generator=default",
    ]

    @Test("is one readable line", arguments: strings)
    func line(_ string: String) async throws {
        let generators = AuthTokenGeneratorRegistry(
            .aws + [
                .init("text", keywords: []) { ClosureTokenGenerator(lifetime: .seconds(60)) { _ in "a password" } }
            ]
        )
        let error = await #expect(throws: (any Error).self) {
            try await RDSIAM.connect(
                string,
                issuer: TokenIssuer(generators: generators),
                environment: Self.environment,
                options: ConnectOptions(warn: nil)
            )
        }
        let text = String(reflecting: try #require(error))
        #expect(text.containsBytes(error.map { "\($0)" } ?? "no error"))
        #expect(!text.contains { $0.isNewline }, "\(text)")
        #expect(text.contains(" ") && [".", "?", "?)"].contains { text.hasSuffix($0) }, "\(text)")
        #expect(!text.contains("RDSIAMError(") && !text.contains("a password"), "\(text)")
        if string.hasPrefix("host=127.0.0.9,127.0.0.8") {
            #expect(text.contains("127.0.0.9:1") && text.contains("127.0.0.8:1"), "\(text)")
        }
    }
}
