import AWSCredentialSources
import Foundation

/// The ordinary way to keep credentials in Swift: an actor that looks at the clock.
actor ActorCache {
    private let source: StaticCredentialSource
    private var kept: AWSCredentials?

    init(_ source: StaticCredentialSource) {
        self.source = source
    }

    func credentials() async throws -> AWSCredentials {
        if let kept, kept.expiration.map({ $0 > Date() }) != false { return kept }
        let fresh = try await source.credentials()
        kept = fresh
        return fresh
    }
}
