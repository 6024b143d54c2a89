#if Proxy
import AuthTokens
import Logging
import NIOCore
import NIOSSL
import NIOTLS
import RDSIAMSystem

/// Speaks with a client until its session begins: startup packet, local password, login at the server.
///
/// It lives on the channel's event loop. What it decides, ``StartupReader`` and ``LocalAuthenticationExchange`` decide;
/// it moves the bytes.
final class ClientHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        case reading(StartupReader)
        case authenticating(LocalAuthenticationExchange, MessageReader, StartupPacket)
        case waiting(Task<Void, Never>)
        case closing
        case done
    }

    /// The time that a client has to read why it was refused.
    private static let lingerTime = TimeAmount.seconds(1)
    /// How much a client may send before it is let in.
    private static let mostEarlyBytes = 65_536

    private static let isEnding = ClientError("57P03", "the proxy is shutting down")

    let server: RouteServer
    let peer: LocalPeer
    /// When the login at the server began.
    var began = ContinuousClock.now
    var phase: Phase
    var deadline: Scheduled<Void>?
    private var isArriving = true
    private var isLoggingIn = false
    /// Whether the client has been told that it gets no session.
    var isRefused = false
    private var isAdmitted = false
    private var isEncrypted = false
    private var hasSaidSomething = false
    var early = ByteBuffer()
    var user = ""

    init(_ server: RouteServer, _ peer: LocalPeer) {
        self.server = server
        self.peer = peer
        phase = .reading(StartupReader(offersTLS: server.tls != nil))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let limit = server.limits.loginTimeout
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: TimeAmount(limit)) { bound.value.timeOut(channel) }
        channel.closeFuture.whenComplete { _ in
            bound.value.closed()
            // After all that waits for the end: the key of a session is forgotten before its place is free.
            channel.eventLoop.execute { bound.value.leave() }
        }
    }

    private func timeOut(_ channel: any Channel) {
        let seconds = server.limits.loginTimeout.components.seconds
        guard hasSaidSomething else { return channel.close(promise: nil) }
        refuse(.timeout, ClientError("08P01", "the login was not complete after \(seconds) seconds"), channel)
    }

    private func closed() {
        deadline?.cancel()
        endArrival()
        // A login that goes on without its client still counts.
        if case .waiting(let task) = phase { task.cancel() } else { endLogin() }
        if case .done = phase {} else { phase = .closing }
    }

    private func leave() {
        if isAdmitted { server.status.leave() }
    }

    private func endArrival() {
        if isArriving { server.endArrival() }
        isArriving = false
    }

    func endLogin() {
        if isLoggingIn { server.endLogin() }
        isLoggingIn = false
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        hasSaidSomething = true
        switch phase {
        case .reading(var reader):
            let event = reader.receive(buffer.readableBytesView)
            phase = .reading(reader)
            if reader.surplus > 0 {
                buffer.moveReaderIndex(forwardBy: buffer.readableBytes - reader.surplus)
                early = buffer
            }
            perform(event, context)
        case .authenticating(let exchange, var reader, let startup):
            reader.append(buffer.readableBytesView)
            authenticate(exchange, reader, startup, context)
        case .waiting:
            early.writeBuffer(&buffer)
            if early.readableBytes > Self.mostEarlyBytes { context.close(promise: nil) }
        case .closing, .done: break
        }
    }

    private func perform(_ event: StartupReader.Event, _ context: ChannelHandlerContext) {
        switch event {
        case .wait: break
        case .answer(let byte): send([byte], context.channel)
        case .startTLS: startTLS(context)
        case .startup(let packet): begin(packet, context)
        case .cancel(let request): forward(request, context)
        case .refuse(let error): refuse(.protocolViolation, error, context.channel)
        case .close:
            server.metrics.refused(.protocolViolation)
            context.close(promise: nil)
        }
    }

    private func startTLS(_ context: ChannelHandlerContext) {
        guard let tls = server.tls else { return context.close(promise: nil) }
        // In clear text, before the handler that encrypts is there.
        send([UInt8(ascii: "S")], context.channel)
        do {
            try context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .before(self))
            isEncrypted = true
        } catch {
            context.close(promise: nil)
        }
    }

    private func send(_ bytes: [UInt8], _ channel: any Channel) {
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    // MARK: - Who the client is

    private func begin(_ startup: StartupPacket, _ context: ChannelHandlerContext) {
        if server.isRefusing {
            return refuse(.draining, Self.isEnding, context.channel)
        }
        guard let user = startup.value(of: "user"), !user.isEmpty else {
            let error = ClientError("28000", "no PostgreSQL user name specified in startup packet")
            return refuse(.protocolViolation, error, context.channel)
        }
        guard isEncrypted || server.route.address.isLocal else {
            let error = ClientError("28000", "the proxy takes only TLS here", hint: "Set sslmode=verify-full.")
            return refuse(.policy, error, context.channel)
        }
        guard early.readableBytes == 0 || !server.route.authentication.requiresPassword else {
            let error = ClientError("08P01", "received data after the startup packet, before it was answered")
            return refuse(.protocolViolation, error, context.channel)
        }
        admit(startup, user, context)
    }

    /// Lets the client log in, unless a limit is reached.
    private func admit(_ startup: StartupPacket, _ user: [UInt8], _ context: ChannelHandlerContext) {
        guard server.beginLogin() else {
            let error = ClientError(
                "53300",
                "too many clients are logging in through the proxy",
                detail: "It allows \(server.limits.logins) at the same time."
            )
            return refuse(.loginLimit, error, context.channel)
        }
        isLoggingIn = true
        endArrival()
        guard server.status.admit() else {
            let error = ClientError(
                "53300",
                "the proxy has no connection left",
                detail: "It allows \(server.limits.connections ?? 0) at the same time."
            )
            return refuse(.connectionLimit, error, context.channel)
        }
        isAdmitted = true
        var exchange = LocalAuthenticationExchange(server.route.authentication, user: user)
        let step = exchange.begin()
        phase = .authenticating(exchange, MessageReader(), startup)
        perform(step, startup, context)
    }

    private func authenticate(
        _ exchange: LocalAuthenticationExchange,
        _ reader: MessageReader,
        _ startup: StartupPacket,
        _ context: ChannelHandlerContext
    ) {
        var (exchange, reader) = (exchange, reader)
        let violation = ClientError("08P01", "expected a password message")
        do {
            guard let message = try reader.next(longest: { _ in StartupReader.longestPacket }) else {
                phase = .authenticating(exchange, reader, startup)
                return
            }
            guard message.type == UInt8(ascii: "p"), !reader.isMidMessage else {
                return refuse(.protocolViolation, violation, context.channel)
            }
            let step = exchange.receive(Array(message.body))
            phase = .authenticating(exchange, reader, startup)
            perform(step, startup, context)
        } catch {
            refuse(.protocolViolation, violation, context.channel)
        }
    }

    private func perform(
        _ step: LocalAuthenticationExchange.Step,
        _ startup: StartupPacket,
        _ context: ChannelHandlerContext
    ) {
        switch step {
        case .send(let bytes): send(bytes, context.channel)
        case .refused(let error): refuse(.localPassword, error, context.channel)
        case .accepted(let bytes):
            if !bytes.isEmpty { send(bytes, context.channel) }
            logIn(startup, context)
        }
    }

    private func forward(_ request: CancelRequest, _ context: ChannelHandlerContext) {
        let (server, actor, channel) = (server, peer.process, context.channel)
        deadline?.cancel()
        endArrival()
        // Many clients close at once; the request is forwarded all the same.
        phase = .closing
        server.open.start {
            await TokenEvent.LocalProcess.$current.withValue(actor) {
                await server.forward(request, on: channel.eventLoop)
            }
            channel.close(promise: nil)
        }
    }

    // MARK: - The end

    func refuse(_ reason: ProxyMetrics.RefusalReason, _ error: ClientError, _ channel: any Channel) {
        server.metrics.refused(reason)
        log(.notice, "client refused", ["reason": "\(error.message)", "sqlstate": "\(error.sqlState)"])
        refuse(with: error.encoded, channel)
    }

    /// Says why, and closes once the client has closed or the time is up: an earlier end could drop the message.
    func refuse(with bytes: [UInt8], _ channel: any Channel) {
        phase = .closing
        isRefused = true
        deadline?.cancel()
        channel.writeAndFlush(ByteBuffer(bytes: bytes)).whenComplete { _ in
            channel.close(mode: .output, promise: nil)
        }
        channel.read()
        let timeout = channel.eventLoop.scheduleTask(in: Self.lingerTime) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in timeout.cancel() }
    }

    func log(_ level: Logger.Level, _ message: Logger.Message, _ more: Logger.Metadata) {
        var metadata = more
        metadata["peer"] = "\(peer.address)"
        if !user.isEmpty { metadata["user"] = "\(user)" }
        server.logger.log(level: level, message, metadata: metadata)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ProxyEnding: endProxy(context)
        case ChannelEvent.inputClosed:
            if case .done = phase { return }
            context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    /// Tells a client that has no session yet that it gets none.
    private func endProxy(_ context: ChannelHandlerContext) {
        switch phase {
        case .waiting(let task): task.cancel()
        case .reading, .authenticating: break
        case .closing, .done: return
        }
        guard hasSaidSomething else { return context.close(promise: nil) }
        refuse(.draining, Self.isEnding, context.channel)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isEncrypted, case .reading = phase, case .some(.handshakeFailed) = error as? NIOSSLError {
            server.metrics.refused(.tls)
            log(.info, "the client's TLS handshake failed", ["reason": "\(String(describing: error).withoutPlace)"])
            phase = .closing
        }
        context.close(promise: nil)
    }

    /// While the login goes on, the client waits.
    func read(context: ChannelHandlerContext) {
        if case .waiting = phase { return }
        context.read()
    }
}
#endif
