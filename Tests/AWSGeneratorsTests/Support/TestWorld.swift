import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import Synchronization

/// What the generator's tests agree on: one moment, one key, one server.
enum TestWorld {
    static let now = Date(timeIntervalSince1970: 1_767_225_600.25)
    static let host = "db-1.abcdefghijkl.eu-west-2.rds.amazonaws.com"

    static func request(
        host: String = TestWorld.host,
        port: Int = 5432,
        user: String = "app",
        _ parameters: [String: String] = [:]
    ) -> AuthTokenRequest {
        AuthTokenRequest(host: host, port: port, user: user, parameters: parameters)
    }

    /// A generator that knows nothing but what it is given.
    static func generator(
        region: String? = nil,
        credentials: any AWSCredentialSource = source(),
        environment: [String: String] = [:]
    ) -> RDSGenerator {
        RDSGenerator(
            region: region,
            credentials: credentials,
            context: .bare(environment)
        )
    }

    static func source(expiration: Date? = nil) -> StaticCredentialSource {
        .static(credentials(expiration: expiration))
    }

    static func credentials(expiration: Date? = nil) -> AWSCredentials {
        AWSCredentials(
            accessKeyID: "ASIATESTKEY",
            secretAccessKey: "topSecretKey",
            sessionToken: "topSecretToken",
            expiration: expiration,
            accountID: "123456789012",
            provenance: .init(source: .environment, profile: "dev", roleARN: "arn:aws:iam::123456789012:role/app")
        )
    }
}

/// A source that returns what a closure returns and records how long each caller wants the credentials to live.
final class RecordingSource: AWSCredentialSource {
    private let lifetimes = Mutex<[TimeInterval]>([])
    private let provide: @Sendable () throws -> AWSCredentials

    var asked: [TimeInterval] { lifetimes.withLock { $0 } }

    init(_ provide: @escaping @Sendable () throws -> AWSCredentials) {
        self.provide = provide
    }

    func credentials() async throws -> AWSCredentials { try provide() }

    func credentials(validFor lifetime: TimeInterval) async throws -> AWSCredentials {
        lifetimes.withLock { $0.append(lifetime) }
        return try provide()
    }
}

/// The value of a parameter in a token's text.
func parameter(_ name: String, of token: AuthToken) -> String? {
    token.value.split(separator: "&").first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
}
