#if Proxy
import Foundation
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import TestSupport

@testable import LoginProxy

/// One route of a proxy, whose objects a test can see.
struct RunningRoute {
    let server: RouteServer
    let address: LocalAddress
    private let listener: LocalListener.Bound
    private let folder: TemporaryFolder

    init(_ upstream: Upstream, isTCP: Bool = false, limits: ProxyLimits = ProxyLimits()) async throws {
        folder = try TemporaryFolder()
        let address: LocalAddress =
            isTCP ? .tcp(host: "127.0.0.1", port: 0) : .unixSocket(directory: folder.url.path, port: 5432)
        let logger = Logger(label: "route") { _ in LogLines() }
        server = try RouteServer(
            ProxyRoute(upstream: upstream, address: address),
            limits,
            issuer: TokenMint().issuer(),
            metrics: ProxyMetrics(),
            status: ProxyStatus(maximumConnections: nil),
            open: OpenChannels(),
            freed: FreedMemory(logger: logger),
            logger: logger
        )
        listener = try await server.listen(on: MultiThreadedEventLoopGroup.singleton)
        self.address = listener.address
    }

    /// Connects a client, and waits until its session has begun.
    func session() async throws -> WireEnd {
        let client = try await WireEnd.connect(to: address)
        try await client.send(Packet.startup(user: "app"))
        let hasBegun = try await comesTrue { client.received.suffix(Message.ready.count) == Message.ready[...] }
        guard hasBegun else { throw Missing(description: "There is no session.") }
        return client
    }

    /// The channels that are open, and their handlers.
    func objects() async throws -> [WeakObject] {
        var objects: [WeakObject] = []
        for channel in server.open.all {
            objects += try await channel.eventLoop.submit { [WeakObject(channel)] + Self.handlers(of: channel) }.get()
        }
        return objects
    }

    private static func handlers(of channel: any Channel) -> [WeakObject] {
        let pipeline = channel.pipeline.syncOperations
        let handlers: [(any ChannelHandler)?] = [
            try? pipeline.handler(type: ClientHandler.self), try? pipeline.handler(type: UpstreamHandler.self),
            try? pipeline.handler(type: SpliceHandler.self), try? pipeline.handler(type: NIOSSLClientHandler.self),
        ]
        return handlers.compactMap { $0.map { WeakObject($0) } }
    }

    func stop() async { await listener.close() }
}

/// An object that may be gone.
///
/// Only the runtime touches the reference, which it does under its own lock.
final class WeakObject: @unchecked Sendable {
    let name: String
    private weak var object: AnyObject?

    init(_ object: any AnyObject) {
        name = String(describing: type(of: object))
        self.object = object
    }

    var isGone: Bool { object == nil }
}
#endif
