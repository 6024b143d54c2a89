package import AWSCredentialSources
package import AuthTokens
import Synchronization

#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// A credential source as generators ask it: for each token, and each time a kept one is handed out.
///
/// What goes over the network or starts a process must not be asked that often. Credentials that state their end are kept until shortly
/// before it, by the rules of `RefreshingCredentialSource`, also where the source does not come wrapped in one. Those that state none,
/// out of files and closures, are then asked for each time.
package final class SigningSource: AWSCredentialSource {
    private let source: any AWSCredentialSource
    /// What is asked for credentials without an end; nil where ``source`` has the last word.
    private let afresh: (any AWSCredentialSource)?
    private let hasAnswered = Atomic(false)
    private let uptime: @Sendable () -> Duration
    private let lastRenewal = Mutex<Duration?>(nil)

    /// How long after a renewal for a refused token there is no other.
    private static let pause = Duration.seconds(10)

    /// - Parameters:
    ///   - source: Hands out credentials.
    ///   - context: The clocks to go by.
    package init(_ source: any AWSCredentialSource, context: CredentialContext) {
        uptime = context.uptime
        let isAtHand = source is StaticCredentialSource || source is EnvironmentCredentialSource
        if isAtHand || source is RefreshingCredentialSource {
            (self.source, afresh) = (source, nil)
        } else {
            (self.source, afresh) = (RefreshingCredentialSource(source, context: context), source)
        }
    }

    package var kind: AWSCredentialSourceKind { source.kind }

    package func credentials() async throws -> AWSCredentials {
        try await ask { try await $0.credentials() }
    }

    package func credentials(validFor lifetime: TimeInterval) async throws -> AWSCredentials {
        try await ask { try await $0.credentials(validFor: lifetime) }
    }

    /// Hears that a server refused a token: the credentials that signed it may have been replaced, so the next caller gets new ones.
    ///
    /// Not more than once in ten seconds, as most refusals have other reasons.
    package func tokenWasRefused(_ token: AuthToken) {
        guard let source = source as? RefreshingCredentialSource, let key = token.credential?.accessKeyID else {
            return
        }
        let now = uptime()
        let isDue = lastRenewal.withLock { last in
            guard last.map({ now - $0 >= Self.pause }) ?? true else { return false }
            last = now
            return true
        }
        if isDue { source.invalidate(accessKeyID: key) }
    }

    private func ask(
        _ question: (any AWSCredentialSource) async throws -> AWSCredentials
    ) async throws -> AWSCredentials {
        let credentials = try await question(source)
        guard let afresh, credentials.expiration == nil, credentials.provenance.source != .process,
            // The first answer is as fresh as another would be.
            hasAnswered.exchange(true, ordering: .relaxed)
        else { return credentials }
        return try await question(afresh)
    }
}
