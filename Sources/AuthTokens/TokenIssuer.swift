package import RDSIAMSystem

/// Issues tokens: looks the generator up by name, takes a cached token or asks the generator, records the token, and
/// only then returns it.
///
/// Make one at start-up and share it, as it has the cache:
///
/// ```swift
/// let issuer = TokenIssuer(generators: generators, audit: .required(log))
/// let issued = try await issuer.token(from: "default", for: AuthTokenRequest(host: host, user: "app"))
/// ```
///
/// A token is cached until shortly before it or its credentials expire, and only as long as its generator says that it
/// is current. However many tasks ask for the same token, its generator is called once, and not again at once if it
/// failed.
public struct TokenIssuer: Sendable {
    /// The generators it knows.
    public let generators: AuthTokenGeneratorRegistry
    let audit: AuditPolicy
    let cache: TokenCache
    let timeouts: Timeouts
    let observers: [any TokenObserver]
    let clock: TokenClock
    let unjudged = UnjudgedLogins()

    /// Creates an issuer.
    ///
    /// - Parameters:
    ///   - generators: The generators it looks names up in.
    ///   - audit: Where events go, and whether a token may leave without its record.
    ///   - cache: How tokens are cached and generators are called.
    ///   - observers: Learn of everything the issuer does, each in turn.
    ///   - clock: How it tells the time and waits.
    public init(
        generators: AuthTokenGeneratorRegistry,
        audit: AuditPolicy = .off,
        cache: TokenCacheOptions = TokenCacheOptions(),
        observers: [any TokenObserver] = [],
        clock: TokenClock = .system
    ) {
        self.generators = generators
        self.audit = audit
        self.cache = TokenCache(options: cache, clock: clock)
        self.observers = observers
        self.clock = clock
        timeouts = Timeouts(elapsed: clock.elapsed, wait: clock.wait)
    }

    /// Creates an issuer with another wall clock.
    ///
    /// - Parameters:
    ///   - generators: The generators it looks names up in.
    ///   - audit: Where events go, and whether a token may leave without its record.
    ///   - now: The wall clock.
    package init(
        generators: AuthTokenGeneratorRegistry,
        audit: AuditPolicy = .off,
        now: @escaping @Sendable () -> Date
    ) {
        self.init(generators: generators, audit: audit, clock: TokenClock(now: now))
    }

    /// Returns a token whose making is on record.
    ///
    /// - Parameters:
    ///   - name: The name the generator is registered under.
    ///   - request: The server, the user and the parameters for the generator.
    /// - Throws: `NamedRegistryError` if no generator has that name; what the generator throws; what the recorder
    ///   throws if a record is required; ``TokenIssuerError``; `CancellationError` if the caller's task is canceled,
    ///   which does not disturb other tasks that wait. A refusal is recorded too.
    public func token(from name: String, for request: AuthTokenRequest) async throws -> IssuedToken {
        let key = TokenKey(generator: name, request: request)
        var isSecondRound = false
        while true {
            let built = generators.builtSource(named: name)
            let source = if let built { built } else { try await source(of: key) }
            if let issued = cache.token(for: key, source), source.generator.isCurrent(issued.token, for: request) {
                if isWatched { try await recordReuse(of: issued) }
                return issued
            }
            try Task.checkCancellation()
            let (call, isNew) = cache.call(for: key, source)
            if isNew { launch(call, key, source, as: .issued) }
            let issued = try await call.value()
            // A call that began after the caller asked made what the caller wants, whatever has changed since.
            if isNew || isSecondRound || source.generator.isCurrent(issued.token, for: request) { return issued }
            isSecondRound = true
        }
    }

    /// Whether anything is recorded about a cached token that is returned.
    private var isWatched: Bool { audit.recordsReuse || !observers.isEmpty }

    private func recordReuse(of issued: IssuedToken) async throws {
        let time = clock.time()
        if audit.recordsReuse { try await audit.record(event(.reuse, of: issued, time: time)) }
        observe(.reused, issued.key, issued.token, time: time)
    }

    func event(
        _ activity: TokenEvent.Activity,
        of issued: IssuedToken,
        errorCode: String? = nil,
        time: Date
    ) -> TokenEvent {
        TokenEvent(
            activity,
            of: issued.request,
            generator: issued.generator,
            token: issued.token,
            errorCode: errorCode,
            issueID: issued.id,
            time: time
        )
    }

    func observe(
        _ kind: TokenObservation.Kind,
        _ key: TokenKey,
        _ token: AuthToken? = nil,
        errorCode: String? = nil,
        time: Date,
        duration: Duration = .zero
    ) {
        guard !observers.isEmpty else { return }
        let observation = TokenObservation(
            kind,
            key,
            token: token,
            errorCode: errorCode,
            time: time,
            duration: duration
        )
        for observer in observers { observer.observe(observation) }
    }
}

extension TokenIssuer: CustomStringConvertible, CustomReflectable {
    /// The names of the generators and the number of cached tokens.
    public var description: String {
        "TokenIssuer(generators: \(generators.names.joined(separator: ", ")); cached: \(cache.count))"
    }

    /// A mirror with nothing but the names.
    public var customMirror: Mirror { Mirror(self, children: ["generators": generators.names]) }
}

/// A token on its way to a server, with the name of the event that recorded it.
public struct IssuedToken: Sendable {
    /// The token.
    public let token: AuthToken
    /// The ``TokenEvent/id`` of the event that recorded the making of it.
    public let id: String
    let key: TokenKey
    /// Whether the token was made before it was asked for.
    ///
    /// A server's refusal of such a token may mean no more than that it has gone stale: ``TokenIssuer/invalidate(_:)``
    /// it and ask once more. A token that was made just now is refused for a reason that a new one will not cure.
    public internal(set) var isFromCache: Bool

    /// The name the generator is registered under.
    public var generator: String { key.generator }
    /// What was asked for.
    public var request: AuthTokenRequest { key.request }

    /// The same, as the cache returns it.
    var fromCache: IssuedToken {
        IssuedToken(token: token, id: id, key: key, isFromCache: true)
    }
}
