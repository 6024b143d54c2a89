import AWSCredentialSources
import AWSGenerators
import AWSSigV4
import AuthTokens
import Foundation
import Synchronization
import Testing

/// Answers and clocks that AWS does not give, and texts that only look the same.
@Suite("Passwords from AWS at the edges", .timeLimit(.minutes(1)))
struct EdgeTests {
    /// An HTTP client that answers every call with the same body.
    struct FixedAnswer: CredentialHTTPClient {
        let body: String

        func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse {
            CredentialHTTPResponse(status: 200, headers: [], body: Array(body.utf8))
        }
    }

    private func context(_ body: String, now: Double = 1_767_225_600) -> CredentialContext {
        var context = CredentialContext.system
        context.environment = ["AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"]
        context.homeDirectory = nil
        context.http = FixedAnswer(body: body)
        context.now = { Date(timeIntervalSince1970: now) }
        return context
    }

    private let workgroup = AuthTokenRequest(
        host: "team.111122223333.eu-west-2.redshift-serverless.amazonaws.com",
        user: "app"
    )

    private static func grant(expiration: String) -> String {
        #"{"dbUser": "e\#u{301}", "dbPassword": "SECRET\#u{E9}", "expiration": \#(expiration)}"#
    }

    private func redshift(_ body: String, now: Double = 1_767_225_600) -> RedshiftGenerator {
        RedshiftGenerator(.serverless, credentials: .known(), context: context(body, now: now))
    }

    @Test("Redshift's user and password keep their bytes, its expiry its fraction")
    func redshiftAnswer() async throws {
        let token = try await redshift(Self.grant(expiration: "1767229200.25")).token(for: workgroup)
        #expect(token.user.map { Array($0.utf8) } == Array("e\u{301}".utf8))
        #expect(Array(token.value.utf8) == Array("SECRET\u{E9}".utf8))
        #expect(token.expiresAt == Date(timeIntervalSince1970: 1_767_229_200.25))
    }

    @Test(
        "An expiry of Redshift's that no calendar reaches is refused",
        arguments: ["1e19", "-1e19", "1e300", "253402300800", "null", "true", "\"soon\""]
    )
    func redshiftExpiry(expiration: String) async throws {
        let error = try await #require(throws: RedshiftError.self) {
            try await redshift(Self.grant(expiration: expiration)).token(for: workgroup)
        }
        #expect(error.code == .invalidAnswer)
        #expect(!error.isRetryable)
        #expect(error.message.hasSuffix(".") && !error.message.contains("SECRET"))
    }

    @Test("A host that only looks like Redshift's names no cluster")
    func redshiftHost() async throws {
        let request = AuthTokenRequest(
            host: "demo.abc123.eu-west-2.red\u{17F}hift.amazonaws.com",
            user: "app",
            parameters: ["aws_rds_iam_region": "eu-west-2"]
        )
        let error = try await #require(throws: RedshiftError.self) {
            try await redshift(Self.grant(expiration: "1")).token(for: request)
        }
        #expect(error.code == .noTarget)
    }

    private func secret(
        _ text: String,
        field: String = "password",
        now: Double = 1_767_225_600
    ) throws
        -> SecretsManagerGenerator
    {
        var options = SecretsManagerOptions()
        options.passwordField = field
        let body = String(decoding: try JSONEncoder().encode(["SecretString": text]), as: UTF8.self)
        return SecretsManagerGenerator(
            secretID: "s",
            options: options,
            region: "eu-west-2",
            credentials: .known(),
            context: context(body, now: now)
        )
    }

    private let request = AuthTokenRequest(host: "db.example.com", user: "app")

    /// An HTTP client that fails every call and records where it went.
    private final class Destinations: CredentialHTTPClient {
        let urls = Mutex<[String]>([])

        func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse {
            urls.withLock { $0.append(request.url) }
            throw CredentialHTTPError(.malformed)
        }
    }

    @Test("A call goes to the endpoint of the profile that the connection string names")
    func profileEndpoint() async throws {
        let http = Destinations()
        let context = CredentialContext.bare(
            files: ConfigFile(
                """
                [profile dev]
                aws_access_key_id = AKIADEV
                aws_secret_access_key = topsecret
                endpoint_url = https://endpoint.example.com
                """
            ),
            http: http
        )
        let sources = AWSCredentialSourceRegistry(context: context)
        let generators: [any AuthTokenGenerator] = [
            SecretsManagerGenerator(secretID: "s", sources: sources, context: context),
            RedshiftGenerator(.user(), target: "t", sources: sources, context: context),
            RedshiftGenerator(.serverless, target: "t", sources: sources, context: context),
        ]
        var request = request
        request.parameters = ["aws_rds_iam_profile": "dev", "aws_rds_iam_region": "eu-west-2"]
        for generator in generators {
            http.urls.withLock { $0 = [] }
            _ = try? await generator.token(for: request)
            let urls = http.urls.withLock { $0 }
            #expect(!urls.isEmpty && urls.allSatisfy { $0.hasPrefix("https://endpoint.example.com") })
        }
    }

    struct Twins: Sendable, CustomTestStringConvertible {
        let field: String
        let twin: String
        var testDescription: String { field.unicodeScalars.map { "U+\(String($0.value, radix: 16))" }.joined() }
    }

    @Test(
        "A secret's field is found by its bytes",
        arguments: [
            Twins(field: "\u{E9}", twin: "e\u{301}"), Twins(field: "e\u{301}", twin: "\u{E9}"),
            Twins(field: "K", twin: "\u{212A}"), Twins(field: "\u{212A}", twin: "K"),
            Twins(field: "s", twin: "\u{17F}"),
        ]
    )
    func secretField(_ twins: Twins) async throws {
        let text = #"{"username": "u", "\#(twins.field)": "SECRETe\#u{301}"}"#
        let token = try await secret(text, field: twins.field).token(for: request)
        #expect(Array(token.value.utf8) == Array("SECRETe\u{301}".utf8))
        let error = try await #require(throws: SecretsManagerError.self) {
            try await secret(text, field: twins.twin).token(for: request)
        }
        #expect(error.code == .invalidSecret)
        #expect(!error.isRetryable)
        #expect(error.message.hasSuffix(".") && !error.message.contains("SECRET"))
    }

    @Test(
        "A clock that answers no time is an error",
        arguments: [1e19, -1e19, .infinity, -.infinity, .nan]
    )
    func clocks(now: Double) async throws {
        await #expect(throws: SigV4Error.self) {
            try await redshift(Self.grant(expiration: "1767229200"), now: now).token(for: workgroup)
        }
        await #expect(throws: SigV4Error.self) {
            try await secret(#"{"username": "u", "password": "p"}"#, now: now).token(for: request)
        }
    }
}
