public import RDSIAMSystem

/// Hands out tokens: looks the generator up by name, takes a token it has kept or asks the generator, records the
/// token, and only then returns it.
///
/// Make one at start-up and share it, as it keeps the tokens:
///
/// ```swift
/// let issuer = TokenIssuer(generators: generators, audit: .required(log))
/// let issued = try await issuer.token(from: "default", for: AuthTokenRequest(host: host, user: "app"))
/// ```
///
/// A token is kept until shortly before it or its credentials expire, and only as long as its generator would sign with
/// the same credentials. However many tasks ask for the same token, its generator is called once, and not again at once
/// where it failed.
public struct TokenIssuer: Sendable {
    /// The generators it knows.
    public let generators: AuthTokenGeneratorRegistry
    let audit: AuditPolicy
    let cache: TokenCache
    let observer: (any TokenObserver)?
    let clock: TokenClock
    /// Whether anybody wants to know of tokens that are handed out again.
    private let isWatched: Bool

    /// Creates an issuer.
    ///
    /// - Parameters:
    ///   - generators: The generators it looks names up in.
    ///   - audit: Where events go, and whether a token may leave without its record.
    ///   - cache: How tokens are kept and generators are called.
    ///   - observer: Hears of everything the issuer does.
    ///   - clock: How it tells the time and waits.
    public init(
        generators: AuthTokenGeneratorRegistry,
        audit: AuditPolicy = .off,
        cache: TokenCacheOptions = .standard,
        observer: (any TokenObserver)? = nil,
        clock: TokenClock = .system
    ) {
        self.generators = generators
        self.audit = audit
        self.cache = TokenCache(options: cache, clock: clock)
        self.observer = observer
        self.clock = clock
        isWatched = observer != nil || audit.recorder != nil && audit.recordsReuse
    }

    /// Creates an issuer with a wall clock of the caller's own.
    ///
    /// - Parameters:
    ///   - generators: The generators it looks names up in.
    ///   - audit: Where events go, and whether a token may leave without its record.
    ///   - now: The wall clock.
    public init(
        generators: AuthTokenGeneratorRegistry,
        audit: AuditPolicy = .off,
        now: @escaping @Sendable () -> Date
    ) {
        self.init(generators: generators, audit: audit, clock: TokenClock(now: now))
    }

    /// Hands out a token whose making is on record.
    ///
    /// - Parameters:
    ///   - name: The name the generator is registered under.
    ///   - request: The server, the user and the parameters for the generator.
    /// - Throws: `NamedRegistryError` where no generator has that name; what the generator throws; what the recorder
    ///   throws where a record is required; ``TokenIssuerError``; `CancellationError` where the caller's task is
    ///   canceled, which does not disturb other tasks that wait. A refusal is recorded too.
    public func token(from name: String, for request: AuthTokenRequest) async throws -> IssuedToken {
        guard let kept = cache.recent(from: name, for: request, generation: generators.generation) else {
            return try await issue(TokenKey(generator: name, request: request))
        }
        var isSame = kept.isReady(for: request)
        if !isSame { isSame = (try? await kept.generator.signingIdentity(for: request)) == kept.identity }
        guard isSame, kept.isGood(clock) else {
            return try await issue(TokenKey(generator: name, request: request))
        }
        return isWatched ? try await reuse(kept) : IssuedToken(issue: kept.issue, isFromCache: true)
    }

    /// Throws a token away that a server refused, so that the next who asks gets a new one.
    ///
    /// A token that has taken its place meanwhile stays. The generator is told as well.
    ///
    /// - Parameter issued: The token that was refused.
    public func invalidate(_ issued: IssuedToken) {
        let wasKept = cache.remove(issued.issue)
        generators.builtValue(named: issued.generator)?.tokenWasRefused(issued.token, for: issued.request)
        guard wasKept else { return }
        observer?.observe(TokenObservation(.invalidated, issued.issue.key, token: issued.token, time: clock.time()))
    }

    /// Records what became of a token: a server let it in, or it did not.
    ///
    /// - Parameters:
    ///   - issued: The token.
    ///   - error: Why the login failed; nil where it succeeded.
    /// - Throws: What the recorder throws, where a record is required.
    public func recordOutcome(of issued: IssuedToken, error: (any Error)? = nil) async throws {
        guard audit.recorder != nil else { return }
        try await audit.record(
            TokenEvent(
                error == nil ? .connectionAccepted : .connectionRefused,
                of: issued.request,
                generator: issued.generator,
                token: issued.token,
                errorCode: error.map(auditCode(of:)),
                issueID: issued.id,
                time: clock.time()
            )
        )
    }

    /// Hands a kept token out with all that is to be told of it.
    func reuse(_ kept: KeptToken) async throws -> IssuedToken {
        let (issue, time) = (kept.issue, clock.time())
        if audit.recordsReuse {
            try await audit.record(
                TokenEvent(
                    .reuse,
                    of: issue.key.request,
                    generator: issue.key.generator,
                    token: issue.token,
                    issueID: issue.id,
                    time: time
                )
            )
        }
        observer?.observe(TokenObservation(.reused, issue.key, token: issue.token, time: time))
        return IssuedToken(issue: issue, isFromCache: true)
    }
}
