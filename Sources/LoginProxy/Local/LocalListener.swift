#if Proxy
package import NIOCore
import NIOPosix

/// Listens on a local address.
package enum LocalListener {
    /// A channel that listens.
    package struct Bound: Sendable {
        package let channel: any Channel
        package let address: LocalAddress

        package func close() async { try? await channel.close() }
    }

    package static func bind(
        _ address: LocalAddress,
        on group: any EventLoopGroup,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) async throws -> Bound {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 512)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer(initializer)
        switch address {
        case .unixSocket(let directory, let port):
            let path = "\(directory)/.s.PGSQL.\(port)"
            let channel = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            return Bound(channel: channel, address: address)
        case .tcp(let host, let port):
            let channel = try await bootstrap.bind(host: host, port: port).get()
            return Bound(channel: channel, address: .tcp(host: host, port: channel.localAddress?.port ?? port))
        }
    }
}
#endif
