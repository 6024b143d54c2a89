#if Proxy
package import NIOCore
import NIOHTTP1
import NIOPosix
import RDSIAMBasics
import RDSIAMSystem
import Synchronization

/// Answers `GET` for `/startup`, `/liveness`, `/readiness` and `/metrics` over HTTP, on a loopback port or on a socket
/// of its own.
package struct HealthServer: Sendable {
    /// Where it listens.
    package enum Address: Sendable, Hashable, CustomStringConvertible {
        /// A port on an address of the loopback interface.
        case tcp(host: String, port: Int)
        /// The absolute path of a socket in a private directory.
        case unixSocket(path: String)

        package var description: String {
            switch self {
            case .tcp(let host, let port): LocalAddress.tcp(host: host, port: port).description
            case .unixSocket(let path): path
            }
        }

        /// Reads `127.0.0.1:9090`, `localhost:9090`, `[::1]:9090` or the absolute path of a socket.
        ///
        /// - Throws: ``LocalListenerError`` with the codes `invalidAddress` and `exposed`.
        package init(parsing text: String) throws {
            if text.hasBytePrefix("/"), !text.utf8.contains(0) {
                self = .unixSocket(path: text)
                return
            }
            guard let address = try? LocalAddress(parsing: text) else {
                throw LocalListenerError(
                    .invalidAddress,
                    """
                    Health cannot be answered on \(String(reflecting: text)). Name an address of the loopback interface, \
                    such as 127.0.0.1, or the absolute path of a socket.
                    """
                )
            }
            guard address.isLocal, case .tcp(let host, let port) = address else {
                throw LocalListenerError(
                    .exposed,
                    "Health is answered on the loopback interface only, and \(address) is not on it. Use 127.0.0.1."
                )
            }
            self = .tcp(host: host, port: port)
        }
    }

    /// Where it listens, with the real port.
    package let address: Address
    private let channel: any Channel
    private let socket: UnixSocketFile.Placed?

    /// How many requests are served at the same time; more are closed at once.
    static let connectionLimit = 64
    /// How long one request may take, from the connection to the last byte of the answer.
    static let timeout = TimeAmount.seconds(5)
    /// How many bytes a request may have.
    static let requestLimit = 8192

    /// Starts to answer.
    ///
    /// - Throws: ``LocalListenerError``.
    package static func start(
        _ address: Address,
        status: ProxyStatus,
        metrics: ProxyMetrics,
        on group: any EventLoopGroup,
        timeout: TimeAmount = HealthServer.timeout
    ) async throws -> HealthServer {
        let routes = HealthRoutes(status: status, metrics: metrics)
        let connections = ConnectionCount()
        let listening = ServerBootstrap(group: group).serverChannelInitializer { $0.pausingWhenShort() }
        let bootstrap = listening.childChannelInitializer { channel in
            guard connections.enter() else { return channel.close() }
            channel.closeFuture.whenComplete { _ in connections.leave() }
            channel.keepFromChildProcesses()
            return channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                try pipeline.addHandler(RequestBounds(timeout: timeout))
                try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: true)
                try pipeline.addHandler(HealthHandler(routes: routes))
            }
        }
        switch address {
        case .tcp(let host, let port):
            let bound = try await LocalListener.bind(bootstrap, host, port)
            return HealthServer(
                address: .tcp(host: host, port: bound.address.port),
                channel: bound.channel,
                socket: nil
            )
        case .unixSocket(let path):
            let file = try UnixSocketFile(path: path)
            let placed = try await LocalListener.bind(bootstrap, PrivateDirectory(containing: path), file)
            return HealthServer(address: address, channel: placed.channel, socket: placed.socket)
        }
    }

    /// Stops answering and removes the socket.
    package func close() async {
        socket?.remove()
        try? await channel.close()
    }
}

private final class ConnectionCount: Sendable {
    private let count = Atomic<Int>(0)

    func enter() -> Bool {
        if count.add(1, ordering: .relaxed).newValue <= HealthServer.connectionLimit { return true }
        leave()
        return false
    }

    func leave() { count.subtract(1, ordering: .relaxed) }
}

/// Closes connections that send too much or take too long.
private final class RequestBounds: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let timeout: TimeAmount
    private var alarm: Scheduled<Void>?
    private var received = 0

    init(timeout: TimeAmount) {
        self.timeout = timeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        alarm = context.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        alarm?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytes
        guard received <= HealthServer.requestLimit else { return context.close(promise: nil) }
        context.fireChannelRead(data)
    }
}

/// Answers one request and closes the connection.
private final class HealthHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let routes: HealthRoutes
    private var hasAnswered = false

    init(routes: HealthRoutes) {
        self.routes = routes
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // A body is not read: no route takes one.
        guard case .head(let head) = unwrapInboundIn(data), !hasAnswered else { return }
        hasAnswered = true
        let request = HealthRoutes.Request(method: head.method.rawValue, target: head.uri, hosts: head.headers["host"])
        // An answer to HEAD has no body (RFC 9110, section 9.3.2).
        send(routes.answer(to: request), hasBody: head.method != .HEAD, context)
    }

    private func send(_ answer: HealthRoutes.Answer, hasBody: Bool, _ context: ChannelHandlerContext) {
        var headers = HTTPHeaders()
        headers.add(name: "content-type", value: answer.contentType)
        headers.add(name: "content-length", value: String(answer.body.utf8.count))
        headers.add(name: "cache-control", value: "no-store")
        headers.add(name: "connection", value: "close")
        if answer.status == 405 { headers.add(name: "allow", value: "GET") }
        let head = HTTPResponseHead(
            version: .http1_1,
            status: HTTPResponseStatus(statusCode: answer.status),
            headers: headers
        )
        let channel = context.channel
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if hasBody {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
#endif
