public import AuthTokens
import Synchronization

extension RDSIAM {
    /// The issuer that ``connect(_:overriding:issuer:environment:options:)``,
    /// ``token(for:overriding:issuer:environment:)`` and
    /// ``psqlEnvironment(for:overriding:issuer:environment:inherited:)`` use unless they are given another.
    ///
    /// It knows ``generators``. Without ``bootstrap(audit:cache:observers:)`` it records nothing.
    public static var issuer: TokenIssuer { shared.withLock { $0.use() } }

    /// Says where tokens are recorded, for all connections of this process that are not given an issuer.
    ///
    /// Call it once, at the start of the program, before anything connects:
    ///
    /// ```swift
    /// let log = try await AuditLog.open("/var/lib/blog/tokens.sqlite")
    /// RDSIAM.bootstrap(audit: .required(log))
    /// ```
    ///
    /// As with swift-log's `LoggingSystem.bootstrap`, a second call is a fault of the program, which stops. So is a
    /// call after ``issuer`` has been used, as tokens that it made are not on record. A program that wants no record
    /// does not call it; a test passes an issuer of its own instead.
    ///
    /// - Parameters:
    ///   - audit: Where events go, and whether a token may leave without its record.
    ///   - cache: How tokens are cached and generators are called.
    ///   - observers: Learn of everything the issuer does, each in turn.
    public static func bootstrap(
        audit: AuditPolicy,
        cache: TokenCacheOptions = TokenCacheOptions(),
        observers: [any TokenObserver] = []
    ) {
        let issuer = TokenIssuer(generators: generators, audit: audit, cache: cache, observers: observers)
        let fault = shared.withLock { $0.set(issuer) }
        if let fault { fatalError(fault) }
    }

    private static let shared = Mutex(SharedIssuer())
}

/// The issuer of a process: set at most once, and not after it has been used.
private struct SharedIssuer {
    private var issuer: TokenIssuer?
    private var isBootstrapped = false

    mutating func use() -> TokenIssuer {
        if let issuer { return issuer }
        let standard = TokenIssuer(generators: RDSIAM.generators)
        issuer = standard
        return standard
    }

    /// Returns what is wrong with the call, or `nil` if the issuer has been set.
    mutating func set(_ new: TokenIssuer) -> String? {
        if isBootstrapped { return "RDSIAM.bootstrap was called before. Call it once for each process." }
        if issuer != nil { return "RDSIAM.bootstrap was called after RDSIAM.issuer was used. Call it before." }
        (issuer, isBootstrapped) = (new, true)
        return nil
    }
}
