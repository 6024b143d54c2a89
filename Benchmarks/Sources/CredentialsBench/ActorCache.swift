import AWSCredentialSources
import Foundation

/// The ordinary way to keep credentials in Swift: an actor that looks at the clock.
actor ActorCache {
    private let source: StaticCredentialSource
    private var cached: AWSCredentials?

    init(_ source: StaticCredentialSource) {
        self.source = source
    }

    func credentials() async throws -> AWSCredentials {
        if let cached, cached.expiration.map({ $0 > Date() }) != false { return cached }
        let fresh = try await source.credentials()
        cached = fresh
        return fresh
    }
}
