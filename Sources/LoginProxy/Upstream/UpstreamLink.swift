#if Proxy
import NIOCore
import NIOPosix
import NIOSSL
import RDSIAMSystem

/// A TLS connection to a server that has shown who it is, before or after a login.
struct UpstreamLink: Sendable {
    let channel: any Channel
    /// The address that answered.
    let address: SocketAddress
    /// What is left of the time for the login.
    let rest: Duration
    /// The time for the connection and the login.
    private let limit: Duration
    private let handler: NIOLoopBoundBox<UpstreamHandler?>

    /// Connects to one address and establishes TLS.
    ///
    /// - Parameter limit: The time for the connection and the login.
    /// - Throws: ``UpstreamError``; `CancellationError`.
    static func open(
        _ address: SocketAddress,
        serverName: String?,
        _ upstream: Upstream,
        within limit: Duration,
        on loop: any EventLoop
    ) async throws -> UpstreamLink {
        let began = ContinuousClock.now
        let tlsPromise = loop.makePromise(of: Void.self)
        let tls = upstream.tls
        // A handler that is looked up later may be gone: the server may close at once.
        let box = NIOLoopBoundBox.makeEmptyBox(valueType: UpstreamHandler.self, eventLoop: loop)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(limit))
            .channelOption(.socketOption(.so_keepalive), value: upstream.keepalive.isOn ? 1 : 0)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator.small)
            .channelOption(.maxMessagesPerRead, value: AdaptiveRecvByteBufferAllocator.readsAtOnce)
            .channelInitializer { channel in
                channel.keepFromChildProcesses()
                return channel.eventLoop.makeCompletedFuture {
                    try upstream.keepalive.apply(to: channel)
                    let handler = UpstreamHandler(tls, serverName: serverName, tlsPromise: tlsPromise)
                    box.value = handler
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        let channel: any Channel
        do {
            channel = try await bootstrap.connect(to: address).get()
        } catch {
            tlsPromise.fail(error)
            throw UpstreamError(connecting: error, to: address)
        }
        func link() -> UpstreamLink {
            let rest = max(limit - (ContinuousClock.now - began), .zero)
            return UpstreamLink(channel: channel, address: address, rest: rest, limit: limit, handler: box)
        }
        try await link().waitForTLS(tlsPromise.futureResult)
        return link()
    }

    /// Logs in.
    ///
    /// A canceled task waits for the end too: the server may let the token in, which then is on record.
    ///
    /// - Returns: What the client gets first.
    /// - Throws: ``UpstreamError``.
    func logIn(_ startup: [UInt8], password: String) async throws -> [UInt8] {
        let promise = channel.eventLoop.makePromise(of: [UInt8].self)
        let password = Array(password.utf8)
        channel.eventLoop.execute {
            guard let handler = handler.value else { return promise.fail(ChannelError.alreadyClosed) }
            handler.logIn(startup, password: password, on: channel, promise)
        }
        let timeout = startTimeout()
        defer { timeout.cancel() }
        return try await promise.futureResult.get()
    }

    /// Puts one end of a session in the place of the handler that logged in, on the event loop.
    ///
    /// - Returns: What has come after what the client gets first, and whether nothing will follow it.
    func join(_ end: SpliceHandler) throws -> (bytes: [UInt8], isLast: Bool) {
        guard let handler = handler.value else { return ([], true) }
        guard channel.isActive else { return (handler.pending, true) }
        try channel.pipeline.syncOperations.addHandler(end, position: .after(handler))
        channel.pipeline.syncOperations.removeHandler(handler, promise: nil)
        return (handler.pending, handler.isInputClosed)
    }

    /// Fails the login, and closes the connection, when the time is up.
    private func startTimeout() -> Scheduled<Void> {
        channel.eventLoop.scheduleTask(in: TimeAmount(rest)) {
            let error = ClientError("08001", "the server did not answer in time", detail: "It had \(limit).")
            handler.value?.fail(UpstreamError(.timedOut, error), channel)
        }
    }

    /// Waits for TLS; a canceled task closes the connection.
    private func waitForTLS(_ future: EventLoopFuture<Void>) async throws {
        let timeout = startTimeout()
        defer { timeout.cancel() }
        try await withTaskCancellationHandler {
            try await future.get()
        } onCancel: {
            channel.eventLoop.execute { handler.value?.fail(CancellationError(), channel) }
        }
    }
}

extension UpstreamError {
    fileprivate init(connecting error: any Error, to address: SocketAddress) {
        let isTimeout = if case .connectTimeout = error as? ChannelError { true } else { false }
        let reason = isTimeout ? "timed out" : (error as? IOError)?.reasonText ?? String(describing: error)
        self.init(
            isTimeout ? .timedOut : .connectionFailed,
            ClientError("08001", "the server cannot be reached", detail: "\(address.plainText): \(reason).")
        )
    }
}

extension SocketAddress {
    /// The address and the port, as they stand on a command line.
    fileprivate var plainText: String {
        guard let ipAddress, let port else { return description }
        return LocalAddress.tcp(host: ipAddress, port: port).description
    }
}

extension Keepalive {
    /// Sets what was asked for, on the event loop.
    func apply(to channel: any Channel) throws {
        guard let options = channel.syncOptions else { return }
        #if os(Linux)
        var settings = [(userTimeout, TCP_USER_TIMEOUT)]
        if isOn { settings += [(idle, TCP_KEEPIDLE), (interval, TCP_KEEPINTVL), (count, TCP_KEEPCNT)] }
        for (value, option) in settings {
            guard let value else { continue }
            let option = NIOBSDSocket.Option(rawValue: CInt(option))
            try options.setOption(.tcpOption(option), value: SocketOptionValue(value))
        }
        #else
        _ = options
        #endif
    }
}

extension AdaptiveRecvByteBufferAllocator {
    /// Buffers that begin small, as most sessions are idle, and grow with what arrives.
    ///
    /// The buffers of SwiftNIO and of its TLS grow with what comes in one turn, and stay as large while the session
    /// lives. With twice the maximum a stream takes 4 % less processor time, and a session twice the memory.
    static var small: any RecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 32_768)
    }

    /// How often a channel is read before what has come is forwarded; SwiftNIO's four gain nothing here.
    static var readsAtOnce: UInt { 1 }
}

extension TimeAmount {
    /// The same time, at most a day.
    init(_ duration: Duration) {
        let seconds = min(max(duration, .zero), .seconds(86_400)).components
        self = .nanoseconds(seconds.seconds * 1_000_000_000 + seconds.attoseconds / 1_000_000_000)
    }
}
#endif
