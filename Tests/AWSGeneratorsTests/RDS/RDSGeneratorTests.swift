import AWSCredentialSources
import AWSGenerators
import AWSSigV4
import AuthTokens
import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RDSGeneratorTests {
    @Test func theTokenIsTheSignersOwn() async throws {
        let token = try await TestWorld.generator().token(for: TestWorld.request(user: "a b@c"))
        let signed = try SigV4Signer().rdsToken(
            host: TestWorld.host,
            port: 5432,
            user: "a b@c",
            region: "eu-west-2",
            credentials: SigningCredentials(
                accessKeyID: "ASIATESTKEY",
                secretAccessKey: "topSecretKey",
                sessionToken: "topSecretToken"
            ),
            at: 1_767_225_600
        )
        #expect(token.value == signed)
        #expect(token.user == nil)
    }

    @Test func theTokenSaysWhoSignedIt() async throws {
        let token = try await TestWorld.generator().token(for: TestWorld.request())
        let identity = CredentialIdentity(
            source: AWSCredentialSourceKind.environment.rawValue,
            accessKeyID: "ASIATESTKEY",
            profile: "dev",
            accountID: "123456789012",
            roleARN: "arn:aws:iam::123456789012:role/app"
        )
        #expect(token.credential == identity)
    }

    struct Life: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let credentialLife: TimeInterval?
        let tokenLife: TimeInterval
    }

    static let lives = [
        Life(testDescription: "credentials without end", credentialLife: nil, tokenLife: 900),
        Life(testDescription: "credentials that end after all integers", credentialLife: 1e19, tokenLife: 900),
        Life(testDescription: "credentials that live for ever", credentialLife: .infinity, tokenLife: 900),
        Life(testDescription: "credentials for six hours", credentialLife: 21_600, tokenLife: 900),
        Life(testDescription: "credentials for as long as a token", credentialLife: 900, tokenLife: 900),
        Life(testDescription: "credentials for less than 15 minutes", credentialLife: 899.9, tokenLife: 899),
        Life(testDescription: "credentials for one more second", credentialLife: 1, tokenLife: 1),
    ]

    @Test(arguments: lives)
    func theTokenLivesNoLongerThanItsCredentials(_ life: Life) async throws {
        let signedAt = Date(timeIntervalSince1970: 1_767_225_600)
        let source = RecordingSource { TestWorld.credentials(expiration: life.credentialLife.map { signedAt + $0 }) }
        let token = try await TestWorld.generator(credentials: source).token(for: TestWorld.request())
        #expect(token.signedAt == signedAt)
        #expect(token.expiresAt == signedAt + life.tokenLife)
        #expect(parameter("X-Amz-Expires", of: token) == String(Int(life.tokenLife)))
        // Asked once, for credentials that outlive the token: the source renews shorter ones.
        #expect(source.asked == [900])
    }

    @Test(arguments: [0.9, 0, -1, -86_400, -1e19, -.infinity, .nan])
    func deadCredentialsSignNothing(life: TimeInterval) async throws {
        let expiration = Date(timeIntervalSince1970: 1_767_225_600) + life
        let generator = TestWorld.generator(credentials: TestWorld.source(expiration: expiration))
        let error = try await #require(throws: (any Error).self) { try await generator.token(for: TestWorld.request()) }
        // What has expired is for the credential source to say; what is left for less than a second signs nothing.
        let codes = [(error as? AWSGeneratorError)?.code.description, (error as? AWSCredentialError)?.code.description]
        #expect(codes.contains("expiredCredentials") || codes.contains("expired"))
        if let error = error as? AWSGeneratorError { #expect(error.isRetryable) }
    }

    /// Each of these once ended the process.
    @Test(arguments: [1e19, -1e19, .infinity, -.infinity, .nan, -1, 253_402_300_800])
    func aClockThatAnswersNoTimeIsAnError(seconds: Double) async throws {
        let generator = RDSGenerator(
            credentials: TestWorld.source(),
            context: .bare(now: { Date(timeIntervalSince1970: seconds) })
        )
        let error = try await #require(throws: SigV4Error.self) { try await generator.token(for: TestWorld.request()) }
        #expect(error.code == .invalidTime)
    }

    @Test func theSourcesErrorReachesTheCaller() async {
        let source = RecordingSource { throw AWSCredentialError(.unreachable, "no answer") }
        let error = await #expect(throws: AWSCredentialError.self) {
            try await TestWorld.generator(credentials: source).token(for: TestWorld.request())
        }
        #expect(error?.code == .unreachable)
        #expect(error?.auditCode == "AWSCredentialError.unreachable")
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var request = TestWorld.request()
        var keyID = "ASIATESTKEY"
        var secret = "topSecretKey"
        let code: SigV4Error.Code
    }

    static let refusals = [
        Refusal(testDescription: "no user", request: TestWorld.request(user: ""), code: .invalidUser),
        Refusal(testDescription: "NUL in the user", request: TestWorld.request(user: "a\0b"), code: .invalidUser),
        Refusal(
            testDescription: "line end in the host",
            request: TestWorld.request(host: "a\nb.c", ["aws_rds_iam_region": "r"]),
            code: .invalidHost
        ),
        Refusal(testDescription: "port 0", request: TestWorld.request(port: 0), code: .invalidPort),
        Refusal(
            testDescription: "slash in the region",
            request: TestWorld.request(["aws_rds_iam_region": "eu/west"]),
            code: .invalidScope
        ),
        Refusal(testDescription: "no secret", secret: "", code: .invalidCredentials),
        Refusal(testDescription: "no key ID", keyID: "", code: .invalidCredentials),
    ]

    @Test(arguments: refusals)
    func whatCannotBeSignedIsRefusedWithoutSecrets(_ refusal: Refusal) async throws {
        let source = StaticCredentialSource.static(
            AWSCredentials(accessKeyID: refusal.keyID, secretAccessKey: refusal.secret, sessionToken: "topSecretToken")
        )
        let error = try await #require(throws: SigV4Error.self) {
            try await TestWorld.generator(credentials: source).token(for: refusal.request)
        }
        #expect(error.code == refusal.code)
        #expect(error.auditCode == "SigV4Error.\(refusal.code)")
        #expect(!"\(error)\(String(reflecting: error))".contains("topSecret"))
    }
}
