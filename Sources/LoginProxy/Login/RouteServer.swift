#if Proxy
import AuthTokens
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// What all connections of one route share.
final class RouteServer: Sendable {
    let route: ProxyRoute
    let limits: ProxyLimits
    let issuer: TokenIssuer
    let metrics: ProxyMetrics
    let status: ProxyStatus
    let logger: Logger
    let cancels: CancelRegistry
    let open: OpenChannels
    let freed: FreedMemory
    /// The certificate for clients, if there is one.
    let tls: NIOSSLContext?
    private let arrivals = Atomic<Int>(0)
    private let logins = Atomic<Int>(0)
    private let refusesClients = Atomic<Bool>(false)
    private let lastShortage = Mutex<ContinuousClock.Instant?>(nil)

    init(
        _ route: ProxyRoute,
        _ limits: ProxyLimits,
        issuer: TokenIssuer,
        metrics: ProxyMetrics,
        status: ProxyStatus,
        open: OpenChannels,
        freed: FreedMemory,
        logger: Logger
    ) throws {
        self.route = route
        self.limits = limits
        self.issuer = issuer
        self.metrics = metrics
        self.status = status
        self.open = open
        self.freed = freed
        var logger = logger
        logger[metadataKey: "server"] = "\(route.upstream.name)"
        self.logger = logger
        cancels = CancelRegistry(perSecond: limits.cancelsPerSecond)
        try route.address.check(route.authentication, hasTLS: route.tls != nil)
        // A Unix-domain socket has no TLS, as with PostgreSQL.
        if case .tcp = route.address { tls = try route.tls?.context() } else { tls = nil }
    }

    var upstream: Upstream { route.upstream }

    /// Whether new clients are turned away, because the proxy is about to end.
    var isRefusing: Bool { refusesClients.load(ordering: .acquiring) }

    func refuseClients() { refusesClients.store(true, ordering: .releasing) }

    /// Warns, once a minute, that the operating system cannot accept clients.
    func warnOfShortage(_ reason: String) {
        let now = ContinuousClock.now
        let isDue = lastShortage.withLock { last in
            if let last, now - last < .seconds(60) { return false }
            last = now
            return true
        }
        guard isDue else { return }
        logger.warning("no client can be accepted", metadata: ["reason": "\(reason)"])
    }

    /// Counts a connection that has not said yet what it wants, unless there are too many.
    ///
    /// More than may log in: a request to cancel is one of them until it is read.
    func arrive() -> Bool {
        guard arrivals.add(1, ordering: .relaxed).newValue > 4 * limits.logins else { return true }
        endArrival()
        return false
    }

    func endArrival() { arrivals.subtract(1, ordering: .relaxed) }

    /// Counts a connection that logs in, unless there are too many.
    func beginLogin() -> Bool {
        guard logins.add(1, ordering: .relaxed).newValue > limits.logins else { return true }
        endLogin()
        return false
    }

    func endLogin() { logins.subtract(1, ordering: .relaxed) }
}

extension LocalTLS {
    /// What the server side of a TLS connection needs.
    ///
    /// - Throws: ``ProxyError`` if a file cannot be read.
    fileprivate func context() throws -> NIOSSLContext {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(certificateChainFile).map {
                NIOSSLCertificateSource.certificate($0)
            }
            let key = try NIOSSLPrivateKey(file: privateKeyFile, format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain,
                privateKey: .privateKey(key)
            )
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["postgresql"]
            // A client that does not answer the end of TLS would delay the proxy's own for five seconds.
            configuration.shutdownTimeout = .seconds(1)
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw ProxyError(
                .unreadableCertificate,
                "The certificate in \(certificateChainFile) and the key in \(privateKeyFile) cannot be used. Name two PEM "
                    + "files that belong together."
            )
        }
    }
}

/// The event of a channel whose proxy ends: a client is told so, and closed.
struct ProxyEnding: Sendable {}

/// The channels that are open, so that a shutdown can wait for them and close them, and the tasks that work for them.
final class OpenChannels: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var tasks = 0
        var waiting: [EventLoopPromise<Void>] = []

        var isEmpty: Bool { channels.isEmpty && tasks == 0 }

        /// Returns those who can go on, if nothing is open any more.
        mutating func takeWaiting() -> [EventLoopPromise<Void>] {
            guard isEmpty else { return [] }
            defer { waiting = [] }
            return waiting
        }
    }

    private let state = Mutex(State())

    /// Takes note of a channel until it is closed.
    func add(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        state.withLock { $0.channels[id] = channel }
        channel.closeFuture.whenComplete { _ in self.remove(id) }
    }

    private func remove(_ id: ObjectIdentifier) {
        let waiting = state.withLock { state in
            state.channels[id] = nil
            return state.takeWaiting()
        }
        for promise in waiting { promise.succeed() }
    }

    /// Starts a task that may go on when its client is gone, so that what it does is on record.
    @discardableResult
    func start(_ work: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        state.withLock { $0.tasks += 1 }
        return Task {
            await work()
            let waiting = state.withLock { state in
                state.tasks -= 1
                return state.takeWaiting()
            }
            for promise in waiting { promise.succeed() }
        }
    }

    var all: [any Channel] { state.withLock { Array($0.channels.values) } }

    /// Tells the handlers of all of them that the proxy ends, so that clients learn of it.
    func endAll() {
        for channel in all {
            channel.pipeline.fireUserInboundEventTriggered(ProxyEnding())
        }
    }

    /// Closes all of them.
    func closeAll() {
        for channel in all { channel.close(promise: nil) }
    }

    /// Succeeds when none is open and no task is left, or when the time is up.
    func allClosed(within limit: Duration, on loop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        let isEmpty = state.withLock { state in
            if !state.isEmpty { state.waiting.append(promise) }
            return state.isEmpty
        }
        if isEmpty { promise.succeed() }
        let timeout = loop.scheduleTask(in: TimeAmount(limit)) { promise.succeed() }
        promise.futureResult.whenComplete { _ in timeout.cancel() }
        return promise.futureResult
    }
}
#endif
