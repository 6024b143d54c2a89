import RDSIAMBasics
public import RDSIAMSystem
import Synchronization

/// Keeps the credentials of another source and renews them in time.
///
/// However many tasks ask at once, one of them fetches and the others wait for it, or go on with what there is while
/// that is good for a while. A failed refresh leaves what is cached in use and is not repeated for minutes. Make one
/// and share it.
///
/// The rules are those the AWS SDKs agreed on in 2026 under the name "credential refresh behavior".
public final class RefreshingCredentialSource: AWSCredentialSource {
    private let source: any AWSCredentialSource
    private let context: CredentialContext
    private let state: Mutex<RefreshState>
    private let waiting = WaitingTasks<Outcome>()

    /// What those who wait for a fetch are told.
    private enum Outcome: Sendable {
        case succeeded
        case failed(AWSCredentialError)
        case abandoned
    }

    /// Creates a cache in front of a source.
    ///
    /// - Parameters:
    ///   - source: Returns fresh credentials.
    ///   - context: The environment.
    public convenience init(_ source: any AWSCredentialSource, context: CredentialContext = .system) {
        self.init(source, policy: RefreshPolicy(), context: context)
    }

    /// Creates a cache that renews by a policy.
    package init(_ source: any AWSCredentialSource, policy: RefreshPolicy, context: CredentialContext = .system) {
        self.source = source
        self.context = context
        self.state = Mutex(RefreshState(policy: policy))
    }

    /// The kind of the source behind.
    public var kind: AWSCredentialSourceKind { source.kind }

    /// Returns credentials for a request that is sent at once.
    ///
    /// If AWS issues the credentials and a refresh fails, they may be past their expiration: AWS may go on to accept
    /// them. What is signed for later use needs ``credentials(validFor:)``.
    ///
    /// - Throws: ``AWSCredentialError`` if there is nothing to serve.
    public func credentials() async throws -> AWSCredentials {
        try await credentials(lifetime: nil)
    }

    /// Returns the cached credentials, or `nil` if they are due for renewal or the file they came from has changed.
    ///
    /// It looks at the file at most once a second.
    public func cachedCredentials() -> AWSCredentials? {
        lookAtFiles()
        let now = context.now()
        return state.withLock { $0.cached(at: now) }
    }

    /// Returns credentials that really live that long or, if a refresh brings no better, as long as can be had; never
    /// expired ones.
    ///
    /// - Parameter lifetime: Seconds of real life the caller would like.
    /// - Throws: ``AWSCredentialError`` if there are no live credentials.
    public func credentials(validFor lifetime: TimeInterval) async throws -> AWSCredentials {
        try await credentials(lifetime: max(0, lifetime))
    }

    /// Makes the next caller refresh, after a service has said that these credentials are expired or invalid.
    ///
    /// It is for `ExpiredToken`, `ExpiredTokenException` and `InvalidToken`, not for `AccessDenied`, and does not cut a
    /// pause after a failed refresh short.
    ///
    /// - Parameter accessKeyID: The key the service refused; other credentials that have come since stay.
    public func invalidate(accessKeyID: String) {
        state.withLock { $0.invalidate(accessKeyID: accessKeyID) }
    }

    /// How many tasks wait for the fetch of another one, for tests.
    package var waitingTaskCount: Int { waiting.count }

    private func credentials(lifetime: TimeInterval?) async throws -> AWSCredentials {
        lookAtFiles()
        while true {
            let now = context.now()
            switch state.withLock({ $0.decide(at: now, lifetime: lifetime) }) {
            case .serve(let credentials): return credentials
            case .fail(let error): throw error
            case .fetch: return try await fetch(lifetime: lifetime)
            case .wait:
                let outcome = try await waiting.wait { state.withLock { $0.isFetching } ? nil : .abandoned }
                if case .failed(let error) = outcome { return try fallback(for: error, lifetime: lifetime) }
            }
        }
    }

    private func fetch(lifetime: TimeInterval?) async throws -> AWSCredentials {
        let credentials: AWSCredentials
        do {
            credentials = try await source.credentials(validFor: lifetime ?? 0)
        } catch {
            return try recover(from: error, lifetime: lifetime)
        }
        let now = context.now()
        let random = context.draw()
        state.withLock { $0.succeed(credentials, at: now, lifetime: lifetime, random: random) }
        waiting.resumeAll(with: .success(.succeeded))
        return try served(credentials, at: now, lifetime: lifetime)
    }

    /// Looks at the files that the credentials came from, outside the lock and for one caller at a time.
    private func lookAtFiles() {
        let old = state.withLock { $0.filesToLookAt(at: context.uptime()) }
        guard !old.isEmpty else { return }
        // A store that does not answer has seen no change.
        let new = old.map { file in
            FileReading(path: file.path, stamp: context.files.stamp(of: file.path.string) ?? file.stamp)
        }
        state.withLock { $0.lookedAt(old, now: new) }
    }

    /// What came may have expired already; then what is cached may be better.
    private func served(_ fresh: AWSCredentials, at now: Date, lifetime: TimeInterval?) throws -> AWSCredentials {
        if let servable = state.withLock({ $0.servable(at: now, lifetime: lifetime) }) { return servable }
        return try fresh.refusingExpired(at: now)
    }

    private func recover(from error: any Error, lifetime: TimeInterval?) throws -> AWSCredentials {
        guard let failure = try? AWSCredentialError.wrapping(error) else {
            // A task that waits takes over: the cancellation is none of its business.
            state.withLock { $0.abandon() }
            waiting.resumeAll(with: .success(.abandoned))
            throw CancellationError()
        }
        let now = context.now()
        let random = context.draw()
        state.withLock { $0.fail(failure, at: now, random: random) }
        waiting.resumeAll(with: .success(.failed(failure)))
        return try fallback(for: failure, lifetime: lifetime)
    }

    private func fallback(for error: AWSCredentialError, lifetime: TimeInterval?) throws -> AWSCredentials {
        let now = context.now()
        guard !error.isBeyondCure, let credentials = state.withLock({ $0.servable(at: now, lifetime: lifetime) }) else {
            throw error
        }
        return credentials
    }
}

/// When ``RefreshingCredentialSource`` asks its source again, in seconds.
///
/// The standard values are those the AWS SDKs agreed on in 2026.
package struct RefreshPolicy: Sendable, Hashable {
    /// How long before the expiration one caller refreshes while the others go on with what there is; nil chooses by
    /// the lifetime.
    ///
    /// By lifetime it is 5 minutes up to 20 minutes, 15 minutes below 90, and 60 minutes from there.
    package var advisoryWindow: TimeInterval?
    /// How long before the expiration all wait for the refresh.
    package var mandatoryWindow: TimeInterval = 60
    /// The pause after a failed refresh with credentials still cached, drawn uniformly.
    var pauseAfterFailure: ClosedRange<TimeInterval> = 300...600
    /// How long an error that asking again cannot cure is remembered, drawn uniformly.
    var memoryOfRefusal: ClosedRange<TimeInterval> = 1...5
    /// How long credentials without an expiration are cached before a file or a closure is asked again.
    ///
    /// Output of `credential_process` without an expiration, static credentials and the environment are cached forever.
    var ageWithoutExpiry: TimeInterval = 300
    /// Whether ``RefreshingCredentialSource/credentials()`` goes on with credentials past their expiration if AWS
    /// itself issues them (instance metadata, container, STS, sign-in) and a refresh fails: AWS may accept them during
    /// an outage.
    ///
    /// ``RefreshingCredentialSource/credentials(validFor:)`` never does.
    package var servesExpired = true

    /// The standard policy.
    package init() {}

    func advisoryWindow(lifetime: TimeInterval) -> TimeInterval {
        if let advisoryWindow { return advisoryWindow }
        return lifetime <= 20 * 60 ? 5 * 60 : lifetime < 90 * 60 ? 15 * 60 : 60 * 60
    }
}
