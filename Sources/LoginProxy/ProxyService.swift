#if Proxy
public import AuthTokens
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle

/// Accepts PostgreSQL clients on this machine, logs in for them with tokens, and forwards every byte.
///
/// ```swift
/// let route = ProxyRoute(upstream: try Upstream(conninfo), address: .unixSocket(directory: directory, port: 5432))
/// let proxy = ProxyService(configuration: ProxyConfiguration(routes: [route]), issuer: issuer, logger: logger)
/// try await ServiceGroup(services: [proxy], gracefulShutdownSignals: [.sigterm], logger: logger).run()
/// ```
public struct ProxyService: Service {
    /// What it is doing, for health checks.
    package let status: ProxyStatus
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
    ///   - logger: Receives one line for each event; never a token, a password or SQL.
    ///   - onReady: Called once, when all addresses are listened on.
    public init(
        configuration: ProxyConfiguration,
        issuer: TokenIssuer,
        logger: Logger,
        onReady: @escaping @Sendable ([ProxyRoute.Bound]) -> Void = { _ in }
    ) {
        self.init(
            configuration: configuration,
            issuer: issuer,
            metrics: ProxyMetrics(),
            logger: logger,
            onReady: onReady
        )
    }

    /// Creates a proxy that counts what it does.
    package init(
        configuration: ProxyConfiguration,
        issuer: TokenIssuer,
        metrics: ProxyMetrics,
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
    /// After a graceful shutdown has begun, clients are let in for the minimum delay, then refused with `57P03`. It
    /// returns when the last session has ended. Sessions that are open after the maximum delay are ended with `57P01`,
    /// unless a message of the server is on its way. Canceling closes them at once.
    ///
    /// - Throws: ``ProxyError`` if a certificate cannot be read; ``LocalListenerError`` if an address cannot be
    ///   listened on.
    public func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.threads)
        do {
            try await serve(on: group)
        } catch {
            status.enter(.stopped)
            try? await group.shutdownGracefully()
            throw error
        }
        status.enter(.stopped)
        try await group.shutdownGracefully()
    }

    private func serve(on group: MultiThreadedEventLoopGroup) async throws {
        let (open, freed) = (OpenChannels(), FreedMemory(logger: logger))
        let servers = try configuration.routes.map { route in
            try RouteServer(
                route,
                configuration.limits,
                issuer: issuer,
                metrics: metrics,
                status: status,
                open: open,
                freed: freed,
                logger: logger
            )
        }
        var listeners: [LocalListener.Bound] = []
        do {
            for server in servers { listeners.append(try await server.listen(on: group)) }
        } catch {
            for listener in listeners { await listener.close() }
            throw error
        }
        status.enter(.serving)
        onReady(zip(configuration.routes, listeners).map { ProxyRoute.Bound(route: $0, address: $1.address) })
        do { try await gracefulShutdown() } catch {}
        status.enter(.draining)
        await drain(servers, open, on: group.any())
        for listener in listeners { await listener.close() }
        if !Task.isCancelled {
            open.endAll()
            try? await open.allClosed(within: .milliseconds(1500), on: group.any()).get()
        }
        open.closeAll()
        try? await open.allClosed(within: .seconds(5), on: group.any()).get()
        await issuer.recordPendingFailures()
    }

    /// Waits for the two delays; a canceled task waits for neither.
    private func drain(_ servers: [RouteServer], _ open: OpenChannels, on loop: any EventLoop) async {
        let (delays, began) = (configuration.drain, ContinuousClock.now)
        logger.notice("shutting down", metadata: ["sessions": "\(status.openConnections)"])
        try? await Task.sleep(for: delays.minimum)
        for server in servers { server.refuseClients() }
        let rest = max(delays.maximum - (ContinuousClock.now - began), .zero)
        guard !Task.isCancelled, rest > .zero else { return }
        let closed = open.allClosed(within: rest, on: loop)
        let waiting = Task { try? await closed.get() }
        // Whatever ends the waiting, the channels are closed next.
        await withTaskCancellationHandler {
            await waiting.value
        } onCancel: {
            open.closeAll()
        }
    }
}

extension RouteServer {
    /// Listens for clients.
    ///
    /// - Throws: ``LocalListenerError``.
    func listen(on group: any EventLoopGroup) async throws -> LocalListener.Bound {
        try await LocalListener.bind(route.address, on: group, onShortage: warnOfShortage) { channel in
            channel.eventLoop.makeCompletedFuture { try self.accept(channel) }
        }
    }

    private func peer(of channel: any Channel) throws -> LocalPeer {
        do {
            return try LocalPeer.of(channel)
        } catch {
            metrics.refused(.peer)
            throw error
        }
    }

    private func accept(_ channel: any Channel) throws {
        metrics.connectionOpened()
        channel.closeFuture.whenComplete { [metrics, freed, loop = channel.eventLoop] _ in
            metrics.connectionClosed()
            freed.connectionClosed(on: loop)
        }
        open.add(channel)
        do {
            let peer = try peer(of: channel)
            guard arrive() else {
                metrics.refused(.loginLimit)
                let reason = "too many clients have connected and say nothing"
                logger.notice("client refused", metadata: ["reason": "\(reason)", "peer": "\(peer.address)"])
                // An error before the client's first packet is none that it reads.
                return channel.close(promise: nil)
            }
            try channel.syncOptions?.setOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator.small)
            let reads = AdaptiveRecvByteBufferAllocator.readsAtOnce
            try channel.syncOptions?.setOption(.maxMessagesPerRead, value: reads)
            try channel.pipeline.syncOperations.addHandler(ClientHandler(self, peer))
        } catch let error as ClientError {
            logger.notice("client refused", metadata: ["reason": "\(error.message)", "sqlstate": "\(error.sqlState)"])
            try channel.pipeline.syncOperations.addHandler(Farewell(error))
        }
    }
}

/// Tells a process of another user why it is not let in, as soon as it is connected.
private final class Farewell: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let error: ClientError

    init(_ error: ClientError) {
        self.error = error
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        channel.writeAndFlush(ByteBuffer(bytes: error.encoded)).whenComplete { _ in
            channel.close(mode: .output, promise: nil)
        }
        let timeout = channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in timeout.cancel() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
#endif
