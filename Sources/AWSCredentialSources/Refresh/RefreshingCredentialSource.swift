import RDSIAMBasics
public import RDSIAMSystem
import Synchronization

/// Keeps the credentials of another source and renews them in time.
///
/// However many tasks ask at once, one of them fetches and the others wait for it, or go on with what there is while that is good for
/// a while. A failed refresh leaves what is in hand in use and is not repeated for minutes. Make one and share it.
///
/// The rules are those the AWS SDKs agreed on in 2026 under the name "credential refresh behavior".
public final class RefreshingCredentialSource: AWSCredentialSource {
    private let source: any AWSCredentialSource
    private let context: CredentialContext
    private let state: Mutex<RefreshState>
    private let now: @Sendable () -> Date
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
    ///   - source: Hands out fresh credentials.
    ///   - policy: When to ask it again.
    ///   - context: The outside world.
    public init(
        _ source: any AWSCredentialSource,
        policy: RefreshPolicy = .standard,
        context: CredentialContext = .system
    ) {
        self.source = source
        self.context = context
        self.now = context.now
        self.state = Mutex(RefreshState(policy: policy))
    }

    /// The kind of the source behind.
    public var kind: AWSCredentialSourceKind { source.kind }

    /// Hands out credentials for a request that is sent at once.
    ///
    /// Where AWS issues the credentials and a refresh fails they may be past their expiry, as ``RefreshPolicy/servesExpired`` says. Whoever
    /// signs something for later use asks for ``credentials(validFor:)``.
    ///
    /// - Throws: ``AWSCredentialError`` where there is nothing to serve.
    public func credentials() async throws -> AWSCredentials {
        try await credentials(lifetime: nil)
    }

    /// Returns the cached credentials, or `nil` if they are due for renewal or the file they came from has changed.
    ///
    /// It looks at the file at most once a second.
    public func cachedCredentials() -> AWSCredentials? {
        lookAtFiles()
        let now = self.now()
        return state.withLock { $0.cached(at: now) }
    }

    /// Hands out credentials that really live that long or, where a refresh brings no better, as long as can be had; never dead ones.
    ///
    /// - Parameter lifetime: Seconds of real life the caller would like.
    /// - Throws: ``AWSCredentialError`` where there are no live credentials.
    public func credentials(validFor lifetime: TimeInterval) async throws -> AWSCredentials {
        try await credentials(lifetime: max(0, lifetime))
    }

    /// Makes the next caller refresh, after a service has said that these credentials are expired or invalid.
    ///
    /// It is for `ExpiredToken`, `ExpiredTokenException` and `InvalidToken`, not for `AccessDenied`, and does not cut a pause after a
    /// failed refresh short.
    ///
    /// - Parameter accessKeyID: The key the service refused; other credentials that have come meanwhile stay.
    public func invalidate(accessKeyID: String) {
        state.withLock { $0.invalidate(accessKeyID: accessKeyID) }
    }

    /// How many tasks wait for the fetch of another one, for tests.
    package var waitingTaskCount: Int { waiting.count }

    private func credentials(lifetime: TimeInterval?) async throws -> AWSCredentials {
        lookAtFiles()
        while true {
            let now = self.now()
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
        let now = self.now()
        let random = context.draw()
        state.withLock { $0.succeed(credentials, at: now, lifetime: lifetime, random: random) }
        waiting.resumeAll(with: .success(.succeeded))
        return try served(credentials, at: now, lifetime: lifetime)
    }

    /// Looks at the files that the credentials came from, outside the lock and for one caller at a time.
    private func lookAtFiles() {
        let uptime = context.uptime()
        let old = state.withLock { $0.filesToLookAt(at: uptime) }
        guard !old.isEmpty else { return }
        let new = old.map { FileReading(path: $0.path, stamp: context.files.stamp(of: $0.path.string)) }
        state.withLock { $0.lookedAt(old, now: new) }
    }

    /// What came may be dead on arrival; then what is in hand may be better.
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
        let now = self.now()
        let random = context.draw()
        state.withLock { $0.fail(failure, at: now, random: random) }
        waiting.resumeAll(with: .success(.failed(failure)))
        return try fallback(for: failure, lifetime: lifetime)
    }

    private func fallback(for error: AWSCredentialError, lifetime: TimeInterval?) throws -> AWSCredentials {
        let now = self.now()
        guard !error.isBeyondCure, let credentials = state.withLock({ $0.servable(at: now, lifetime: lifetime) }) else {
            throw error
        }
        return credentials
    }
}
