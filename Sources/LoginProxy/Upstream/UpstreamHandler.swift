#if Proxy
import NIOCore
import NIOSSL
import NIOTLS

/// Drives ``UpstreamLogin`` on a channel, up to the moment from which bytes are forwarded.
///
/// It lives on the channel's event loop.
final class UpstreamHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let context: NIOSSLContext
    private let serverName: String?
    private let tlsPromise: EventLoopPromise<Void>
    private var machine = UpstreamLogin()
    private var loginPromise: EventLoopPromise<[UInt8]>?
    private var password: [UInt8] = []
    /// What follows the beginning of the session, until it is taken.
    private(set) var pending: [UInt8] = []
    /// Whether the server has ended its direction.
    private(set) var isInputClosed = false
    private var isAccepted = false
    private var error: (any Error)?

    /// - Parameters:
    ///   - context: How to check the server.
    ///   - serverName: The name that the certificate must be for; `nil` for the address.
    ///   - tlsPromise: Succeeds when TLS is established with the server of that name.
    init(_ context: NIOSSLContext, serverName: String?, tlsPromise: EventLoopPromise<Void>) {
        self.context = context
        self.serverName = serverName
        self.tlsPromise = tlsPromise
    }

    /// Sends the startup packet, and the token if the server asks for it.
    func logIn(_ startup: [UInt8], password: [UInt8], on channel: any Channel, _ promise: EventLoopPromise<[UInt8]>) {
        guard channel.isActive, error == nil else {
            return promise.fail(error ?? UpstreamError(.closed, machine.progress))
        }
        loginPromise = promise
        self.password = password
        channel.writeAndFlush(ByteBuffer(bytes: startup), promise: nil)
    }

    /// Ends the login, and closes the channel.
    func fail(_ error: any Error, _ channel: any Channel) {
        guard !isAccepted else { return }
        let error = (error as? UpstreamError)?.reached(machine.progress) ?? error
        self.error = self.error ?? error
        tlsPromise.fail(error)
        loginPromise?.fail(error)
        loginPromise = nil
        channel.close(promise: nil)
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: UpstreamLogin.tlsRequest)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data).readableBytesView
        guard !isAccepted else { return pending.append(contentsOf: bytes) }
        for action in machine.receive(bytes) { perform(action, context) }
    }

    private func perform(_ action: UpstreamLogin.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .startTLS: startTLS(context)
        case .sendPassword:
            let message = [UInt8(ascii: "p")] + UInt32(password.count + 5).bigEndianBytes + password + [0]
            password = []
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: message)), promise: nil)
        case .accepted(let bytes):
            isAccepted = true
            loginPromise?.succeed(bytes)
            loginPromise = nil
        case .failed(let failure): fail(UpstreamError(failure, machine.progress), context.channel)
        }
    }

    private func startTLS(_ context: ChannelHandlerContext) {
        do {
            let handler = try NIOSSLClientHandler(context: self.context, serverHostname: serverName)
            try context.pipeline.syncOperations.addHandler(handler, position: .before(self))
        } catch {
            fail(UpstreamError(tls: error), context.channel)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted:
            machine.tlsStarted()
            tlsPromise.succeed()
        case ChannelEvent.inputClosed: end(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What follows says that the connection is closed.
        if case .some(.uncleanShutdown) = error as? NIOSSLError { return }
        fail(UpstreamError(tls: error), context.channel)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(context)
        context.fireChannelInactive()
    }

    private func end(_ context: ChannelHandlerContext) {
        isInputClosed = true
        for action in machine.closed() { perform(action, context) }
        if !isAccepted { context.close(promise: nil) }
    }

    /// What a server sends in its session waits until it can be forwarded.
    func read(context: ChannelHandlerContext) {
        if !isAccepted { context.read() }
    }
}

extension UpstreamError {
    /// What failed below the protocol of PostgreSQL.
    init(tls error: any Error) {
        if let error = error as? UpstreamError {
            self = error
        } else if let error = error as? IOError {
            let reason = "The operating system says: \(error.reasonText)."
            self.init(.connectionFailed, ClientError("08006", "the connection to the server broke", detail: reason))
        } else {
            let reason = String(describing: error)
            var (message, detail) = ("there is no TLS connection to the server", "No token was sent.")
            if reason.contains("CERTIFICATE_VERIFY_FAILED") || reason.contains("unableToValidateCertificate") {
                message = "certificate verify failed"
            } else if reason.contains("failedToValidateHostname") {
                message = "the server's certificate does not match host name"
            } else {
                detail = "\(reason.withoutPlace). \(detail)"
            }
            self.init(.untrustedServer, ClientError("08001", message, detail: detail))
        }
    }
}

extension String {
    /// What TLS says of an error, without the place in the code of its library.
    var withoutPlace: String {
        firstRange(of: " at /").map { String(self[..<$0.lowerBound]) } ?? self
    }
}
#endif
