#if Proxy
public import AuthTokens
public import Logging
public import ServiceLifecycle

/// Accepts PostgreSQL clients on this machine, logs in for them with tokens, and forwards every byte.
public struct ProxyService: Service {
    /// What it is doing, for health checks.
    public let status: ProxyStatus
    private let configuration: ProxyConfiguration
    private let issuer: TokenIssuer
    private let metrics: ProxyMetrics
    private let logger: Logger
    private let onReady: @Sendable ([ProxyRoute.Bound]) -> Void

    /// Creates a proxy that does not listen yet.
    ///
    /// - Parameters:
    ///   - configuration: What it serves, and within which bounds.
    ///   - issuer: Makes, caches and records the tokens.
    ///   - metrics: Counts what it does.
    ///   - logger: Receives one line for each event; never a token, a password or SQL.
    ///   - onReady: Called once, when all addresses are listened on.
    public init(
        configuration: ProxyConfiguration,
        issuer: TokenIssuer,
        metrics: ProxyMetrics = ProxyMetrics(),
        logger: Logger,
        onReady: @escaping @Sendable ([ProxyRoute.Bound]) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.issuer = issuer
        self.metrics = metrics
        self.logger = logger
        self.onReady = onReady
        status = ProxyStatus(maximumConnections: configuration.limits.connections)
    }

    /// Serves until a graceful shutdown, or until its task is canceled.
    ///
    /// - Throws: ``ProxyError`` if an address cannot be listened on.
    public func run() async throws {}
}
#endif
