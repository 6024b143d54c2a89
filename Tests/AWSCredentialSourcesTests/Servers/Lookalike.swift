#if AsyncHTTPClient

@testable import AWSCredentialSources
import Foundation
import Testing

/// The AWS look-alike of `Fixtures/aws/lookalike`, running.
final class Lookalike: Sendable {
    private let server: PythonServer
    private let port: Int

    /// One for all tests: it keeps visitors apart.
    static let shared = Result { try Lookalike() }

    private init() throws {
        let output = Pipe()
        server = try PythonServer(["-m", "lookalike"], output: output)
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    /// A new visitor, to which the server shows this behavior.
    func visitor(_ behavior: String) -> Visitor {
        let name = UUID().uuidString
        return Visitor(base: "http://127.0.0.1:\(port)", behavior: behavior, name: name)
    }

    struct Visitor: Sendable {
        var base: String
        var behavior: String
        var name: String

        /// The base URL of a service for this visitor.
        func url(_ service: String) -> String { "\(base)/\(behavior).\(name)/\(service)" }

        /// What the server was asked for.
        func log() async throws -> [String] {
            let request = CredentialHTTPRequest(
                url: "\(base)/log.\(name)",
                connectTimeout: .seconds(60),
                timeout: .seconds(60)
            )
            let response = try await AsyncHTTPCredentialClient.tests.send(request)
            return try JSONDecoder().decode([String].self, from: Data(response.body))
        }

        /// A context with real sockets and without pauses.
        func context(_ files: [String: String] = [:]) -> CredentialContext {
            // A server that never answers is given up in real time, but not before it is connected.
            let factor = ["silent", "drip"].contains(behavior) ? 1 : 10
            var files = files
            files["/jwt"] = "SECRET-jwt"
            files["/web"] = "SECRET-web-token"
            var context = CredentialContext.test(
                [
                    "AWS_REGION": "us-east-1",
                    "AWS_EC2_METADATA_SERVICE_ENDPOINT": url("imds"),
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI": url("container"),
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/jwt",
                    "AWS_WEB_IDENTITY_TOKEN_FILE": "/web",
                    "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/reader",
                    "AWS_ENDPOINT_URL_STS": url("sts"),
                    "AWS_ENDPOINT_URL_SSO": url("sso"),
                    "AWS_ENDPOINT_URL_SSO_OIDC": url("sso"),
                ],
                files: MemoryFileStore(files),
                http: PatientHTTP(factor: factor)
            )
            let real = CredentialContext.system
            context.now = real.now
            context.uptime = { real.uptime() / factor }
            context.sleep = real.sleep
            context.random = { 0 }
            return context
        }
    }
}

extension AsyncHTTPCredentialClient {
    /// One for all tests, without a proxy.
    static let tests = AsyncHTTPCredentialClient()
}

/// The real client with more time, so that a busy machine changes no outcome.
struct PatientHTTP: CredentialHTTPClient {
    var client: any CredentialHTTPClient = AsyncHTTPCredentialClient.tests
    /// How many times as long it may take to connect.
    var connectFactor = 10
    /// How many times as long the whole exchange may take.
    var factor = 10

    func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse {
        var request = request
        request.timeout *= factor
        request.connectTimeout *= connectFactor
        return try await client.send(request)
    }
}

#endif
