#if Proxy
import NIOCore
import NIOSSL

/// One end of a session: everything that it receives goes to its partner, on the same event loop.
///
/// An end reads only while its partner can write. A client may end its direction, and the other goes on. If an end is
/// gone, its partner sends what is left, then closes.
final class SpliceHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long an end may take to accept the rest after its partner is gone.
    private static let lingerTime = TimeAmount.seconds(30)
    /// How long a client has to read how its session ends.
    private static let farewellTime = TimeAmount.seconds(1)

    private let observe: (ByteBuffer) -> Void
    private let farewell: (() -> ClientError?)?
    private var isClient: Bool { farewell != nil }
    private var context: ChannelHandlerContext?
    private var partner: SpliceHandler?
    private var isReadHeld = false
    private var hasUnflushedBytes = false

    /// - Parameters:
    ///   - farewell: Called when the proxy ends: returns what the client may be told, or `nil` in the middle of a
    ///     message. It is `nil` for the end of a server.
    ///   - observe: Sees what is received, before it is forwarded.
    init(farewell: (() -> ClientError?)? = nil, observe: @escaping (ByteBuffer) -> Void) {
        self.farewell = farewell
        self.observe = observe
    }

    /// Makes two ends partners.
    static func join(_ left: SpliceHandler, _ right: SpliceHandler) {
        left.partner = right
        right.partner = left
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        partner = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let partner else { return }
        let buffer = unwrapInboundIn(data)
        observe(buffer)
        partner.write(buffer)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        partner?.flush()
    }

    private func write(_ buffer: ByteBuffer) {
        hasUnflushedBytes = true
        context?.write(wrapOutboundOut(buffer), promise: nil)
    }

    private func flush() {
        guard hasUnflushedBytes else { return }
        hasUnflushedBytes = false
        context?.flush()
    }

    func read(context: ChannelHandlerContext) {
        if let partner, partner.context?.channel.isWritable == false {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable, let partner, partner.isReadHeld else { return }
        partner.isReadHeld = false
        partner.context?.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ProxyEnding: end(context)
        case ChannelEvent.inputClosed:
            // A client whose partner is gone is being closed.
            if isClient { partner?.closeOutput() } else { leave() }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    /// Says why the session ends, unless that would fall into the middle of a message, and closes both ends.
    private func end(_ context: ChannelHandlerContext) {
        guard let farewell, let partner else { return }
        (self.partner, partner.partner) = (nil, nil)
        let error = farewell()
        partner.context?.close(promise: nil)
        guard let error else { return context.close(promise: nil) }
        context.write(wrapOutboundOut(ByteBuffer(bytes: error.encoded)), promise: nil)
        close(within: Self.farewellTime, context)
    }

    /// Closes this end, and its partner once that has what is left.
    ///
    /// A server that ends its direction has ended the session: PostgreSQL reads nothing after it.
    func leave() {
        partner?.partnerIsGone()
        partner = nil
        context?.close(promise: nil)
    }

    /// Ends this direction once everything is sent: a channel whose input is closed would drop the rest.
    @discardableResult
    private func closeOutput() -> EventLoopFuture<Void>? {
        guard let context else { return nil }
        let channel = context.channel
        hasUnflushedBytes = false
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.whenComplete { _ in channel.close(mode: .output, promise: nil) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: sent)
        return sent.futureResult
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What follows says that input is closed.
        if case .some(.uncleanShutdown) = error as? NIOSSLError { return }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        partner?.partnerIsGone()
        partner = nil
        context.fireChannelInactive()
    }

    /// Sends what is left, and closes when the other side has taken it or the time is up.
    private func partnerIsGone() {
        partner = nil
        if let context { close(within: Self.lingerTime, context) }
    }

    /// Closes once the other side has closed too, or when the time is up, which is short for a client that has been
    /// sent everything: an earlier end could drop what is left.
    private func close(within limit: TimeAmount, _ context: ChannelHandlerContext) {
        let sent = closeOutput()
        context.read()
        let channel = context.channel
        Self.close(channel, in: limit)
        if isClient { sent?.whenSuccess { Self.close(channel, in: Self.farewellTime) } }
    }

    private static func close(_ channel: any Channel, in time: TimeAmount) {
        let timeout = channel.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in timeout.cancel() }
    }
}
#endif
