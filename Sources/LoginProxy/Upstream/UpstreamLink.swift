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
    private let handler: NIOLoopBoundBox<UpstreamHandler?>

    /// Connects to one address and establishes TLS.
    ///
    /// - Throws: ``UpstreamError``; `CancellationError`.
    static func open(
        _ address: SocketAddress,
        serverName: String?,
        _ upstream: Upstream,
        within limit: Duration,
        on loop: any EventLoop
    ) async throws -> UpstreamLink {
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
        let link = UpstreamLink(channel: channel, address: address, handler: box)
        try await link.wait(for: tlsPromise.futureResult, within: limit)
        return link
    }

    /// Logs in.
    ///
    /// - Returns: What the client gets first.
    /// - Throws: ``UpstreamError``; `CancellationError`.
    func logIn(_ startup: [UInt8], password: String, within limit: Duration) async throws -> [UInt8] {
        let promise = channel.eventLoop.makePromise(of: [UInt8].self)
        let password = Array(password.utf8)
        channel.eventLoop.execute {
            guard let handler = handler.value else { return promise.fail(ChannelError.alreadyClosed) }
            handler.logIn(startup, password: password, on: channel, promise)
        }
        return try await wait(for: promise.futureResult, within: limit)
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

    /// Waits for a stage of the login, which a canceled task and a deadline end together with the connection.
    @discardableResult
    private func wait<Value: Sendable>(for future: EventLoopFuture<Value>, within limit: Duration) async throws -> Value
    {
        let timeout = channel.eventLoop.scheduleTask(in: TimeAmount(limit)) {
            let error = ClientError("08001", "the server did not answer in time", detail: "It had \(limit).")
            handler.value?.fail(UpstreamError(.timedOut, error), channel)
        }
        defer { timeout.cancel() }
        return try await withTaskCancellationHandler {
            try await future.get()
        } onCancel: {
            channel.eventLoop.execute { handler.value?.fail(CancellationError(), channel) }
        }
    }
}

extension UpstreamError {
    fileprivate init(connecting error: any Error, to address: SocketAddress) {
        let isTimeout = if case .connectTimeout = error as? ChannelError { true } else { false }
        let reason = isTimeout ? "timed out" : String(describing: error)
        self.init(
            isTimeout ? .timedOut : .connectionFailed,
            ClientError("08001", "the server cannot be reached", detail: "\(address): \(reason).")
        )
    }
}

extension Keepalive {
    /// Sets what was asked for, on the event loop.
    func apply(to channel: any Channel) throws {
        guard isOn, let options = channel.syncOptions else { return }
        #if os(Linux)
        for (value, option) in [(idle, TCP_KEEPIDLE), (interval, TCP_KEEPINTVL), (count, TCP_KEEPCNT)] {
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
    static var small: any RecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 65_536)
    }
}

extension TimeAmount {
    /// The same time, at most a day.
    init(_ duration: Duration) {
        let seconds = min(max(duration, .zero), .seconds(86_400)).components
        self = .nanoseconds(seconds.seconds * 1_000_000_000 + seconds.attoseconds / 1_000_000_000)
    }
}
#endif
