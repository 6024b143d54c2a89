import AWSCredentialSources
import AWSGenerators
import AuthTokens
import AuthTokensTesting
import Foundation
import Synchronization
import Testing

/// Services that no longer know the keys that are cached.
@Suite(.timeLimit(.minutes(1)))
struct RotatedKeyTests {
    struct Way: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// The code with which the service refuses keys.
        let code: String
        let generator: @Sendable (any AWSCredentialSource, CredentialContext) -> any AWSTokenGenerator

        static let all = [
            Way(testDescription: "Redshift, expired", code: "ExpiredToken") {
                RedshiftGenerator(target: "demo", region: "eu-west-2", credentials: $0, context: $1)
            },
            Way(testDescription: "Redshift, unknown", code: "InvalidClientTokenId") {
                RedshiftGenerator(.user(), target: "demo", region: "eu-west-2", credentials: $0, context: $1)
            },
            Way(testDescription: "Redshift Serverless", code: "ExpiredTokenException") {
                RedshiftGenerator(.serverless, target: "team", region: "eu-west-2", credentials: $0, context: $1)
            },
            Way(testDescription: "Secrets Manager", code: "UnrecognizedClientException") {
                SecretsManagerGenerator(secretID: "db", region: "eu-west-2", credentials: $0, context: $1)
            },
        ]
    }

    private let clock = ManualClock(now: TestWorld.now)
    private let request = AuthTokenRequest(host: "db.example.com", user: "app")

    private func context(_ service: RotatingService) -> CredentialContext {
        var context = CredentialContext.bare(http: service)
        let clock = clock
        context.now = { clock.now }
        context.uptime = { clock.uptime }
        return context
    }

    @Test("They are fetched again, and the answer is the new keys'", arguments: Way.all)
    func rotated(_ way: Way) async throws {
        let service = RotatingService(code: way.code)
        let source = CountingSource()
        let generator = way.generator(source, context(service))
        #expect(try await generator.token(for: request).credential?.accessKeyID == "AKIA1")
        // A day of logins, with a rotation each two hours. Keys without an end would be cached for ever.
        for hour in 1...24 {
            clock.advance(by: .seconds(3600))
            if hour.isMultiple(of: 2) { service.rotate(source) }
            let token = try await generator.token(for: request)
            #expect(token.credential?.accessKeyID == source.key)
            #expect(token.value == "password of \(source.key)")
        }
        #expect(source.fetches == 13)
    }

    @Test("Keys that stay refused are fetched again every ten seconds at most", arguments: Way.all)
    func unknown(_ way: Way) async throws {
        let service = RotatingService(code: way.code)
        let source = CountingSource()
        service.forget()
        let generator = way.generator(source, context(service))
        for _ in 0..<20 {
            let error = await #expect(throws: AWSCredentialError.self) { try await generator.token(for: request) }
            #expect(error?.serviceCode == way.code)
            clock.advance(by: .seconds(1))
        }
        // At first, after the first refusal, and ten seconds later.
        #expect(source.fetches == 3)
        #expect(service.calls == 20)
    }
}

/// A source, as a `credential_process` without an end is one, that returns one key until the next.
private final class CountingSource: AWSCredentialSource {
    private let state = Mutex((number: 1, fetches: 0))

    var kind: AWSCredentialSourceKind { .process }
    var key: String { state.withLock { "AKIA\($0.number)" } }
    var fetches: Int { state.withLock { $0.fetches } }

    func rotate() { state.withLock { $0.number += 1 } }

    func credentials() async throws -> AWSCredentials {
        state.withLock { $0.fetches += 1 }
        return AWSCredentials(
            accessKeyID: key,
            secretAccessKey: "topSecretKey",
            provenance: .init(source: .process)
        )
    }
}

/// Redshift and Secrets Manager, which know one key.
private final class RotatingService: CredentialHTTPClient {
    private let state = Mutex((key: "AKIA1", calls: 0))
    private let code: String

    init(code: String) { self.code = code }

    var calls: Int { state.withLock { $0.calls } }

    func forget() { state.withLock { $0.key = "none" } }

    func rotate(_ source: CountingSource) {
        source.rotate()
        state.withLock { $0.key = source.key }
    }

    func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse {
        let key = state.withLock { state in
            state.calls += 1
            return state.key
        }
        let isJSON = request.headers.contains { $0.name.lowercased() == "x-amz-target" }
        let signature = request.headers.first { $0.name.lowercased() == "authorization" }?.value ?? ""
        guard signature.contains("Credential=\(key)/") else {
            let xml = "<ErrorResponse><Error><Code>\(code)</Code><Message>No.</Message></Error></ErrorResponse>"
            let body = isJSON ? #"{"__type": "\#(code)", "message": "No."}"# : xml
            return CredentialHTTPResponse(status: isJSON ? 400 : 403, body: Array(body.utf8))
        }
        let password = "password of \(key)"
        let xml = """
            <R><DbUser>app</DbUser><DbPassword>\(password)</DbPassword><Expiration>2030-01-01T00:00:00Z</Expiration></R>
            """
        let json = #"""
            {"dbUser": "app", "dbPassword": "\#(password)", "expiration": 1893456000,
             "SecretString": "{\"username\": \"app\", \"password\": \"\#(password)\"}"}
            """#
        return CredentialHTTPResponse(status: 200, body: Array((isJSON ? json : xml).utf8))
    }
}
