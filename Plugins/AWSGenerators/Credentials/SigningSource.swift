package import AWSCredentialSources
package import AuthTokens
package import RDSIAMSystem
import Synchronization

/// A credential source as generators ask it: for each token, and each time a cached one is returned.
///
/// What goes over the network or starts a process must not be asked that often. Credentials that state their end are
/// kept until shortly before it, by the rules of `RefreshingCredentialSource`, also where the source does not come
/// wrapped in one. Those that state none, out of files and closures, are then asked for each time.
package final class SigningSource: AWSCredentialSource {
    private let source: any AWSCredentialSource
    /// The same, if it caches what it returns.
    private let keeper: RefreshingCredentialSource?
    /// What is asked for credentials without an end, or `nil` if ``source`` decides.
    private let afresh: (any AWSCredentialSource)?
    private let hasAnswered = Atomic(false)
    private let uptime: @Sendable () -> Duration
    private let lastRenewal = Mutex<Duration?>(nil)

    /// How long after a renewal for a refused token there is no other.
    private static let pause = Duration.seconds(10)

    /// - Parameters:
    ///   - source: Returns credentials.
    ///   - context: The clocks to go by.
    package init(_ source: any AWSCredentialSource, context: CredentialContext) {
        uptime = context.uptime
        if let keeper = source as? RefreshingCredentialSource {
            (self.source, self.keeper, afresh) = (source, keeper, nil)
        } else if source is StaticCredentialSource || source is EnvironmentCredentialSource {
            (self.source, keeper, afresh) = (source, nil, nil)
        } else {
            let keeper = RefreshingCredentialSource(source, context: context)
            (self.source, self.keeper, afresh) = (keeper, keeper, source)
        }
    }

    package var kind: AWSCredentialSourceKind { source.kind }

    /// The cached credentials, without any waiting, or `nil` if the source must be asked.
    package var ready: AWSCredentials? {
        let cached = source.cachedCredentials()
        guard let cached, mayBeReplaced(cached) else { return cached }
        return afresh?.cachedCredentials()
    }

    package func credentials() async throws -> AWSCredentials {
        guard let keeper else { return try await source.credentials() }
        let credentials = try await keeper.credentials()
        guard let afresh = next(after: credentials) else { return credentials }
        return try await afresh.credentials()
    }

    package func credentials(validFor lifetime: TimeInterval) async throws -> AWSCredentials {
        let credentials = try await source.credentials(validFor: lifetime)
        guard let afresh = next(after: credentials) else { return credentials }
        return try await afresh.credentials(validFor: lifetime)
    }

    /// Records that a server refused a token: its credentials may have been replaced, so the next caller gets new ones.
    ///
    /// Not more than once in ten seconds, as most refusals have other reasons.
    package func tokenWasRefused(_ token: AuthToken) {
        guard let keeper, let key = token.credential?.accessKeyID else { return }
        let now = uptime()
        let isDue = lastRenewal.withLock { last in
            guard last.map({ now - $0 >= Self.pause }) ?? true else { return false }
            last = now
            return true
        }
        if isDue { keeper.invalidate(accessKeyID: key) }
    }

    /// The source to ask instead, if cached credentials may have been replaced.
    private func next(after credentials: AWSCredentials) -> (any AWSCredentialSource)? {
        guard mayBeReplaced(credentials) else { return nil }
        // The first answer is as fresh as another would be.
        return hasAnswered.exchange(true, ordering: .relaxed) ? afresh : nil
    }

    private func mayBeReplaced(_ credentials: AWSCredentials) -> Bool {
        afresh != nil && credentials.expiration == nil && credentials.provenance.source != .process
    }
}
