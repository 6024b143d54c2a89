#if Proxy
package import NIOCore
import NIOPosix
import RDSIAMBasics
import RDSIAMSystem

/// Listens for clients of this machine.
package enum LocalListener {
    /// A listener that is open.
    package struct Bound: Sendable {
        /// The listening channel.
        package let channel: any Channel
        /// Where it listens, with the real port.
        package let address: LocalAddress
        /// The socket that was put in place, if it is one.
        fileprivate var socket: UnixSocketFile.Placed?

        /// Closes the listener and removes its socket, unless another file has taken the socket's place.
        package func close() async {
            socket?.remove()
            try? await channel.close()
        }
    }

    /// How many clients may wait to be accepted, within what the operating system allows.
    private static let backlog: Int32 = 1024

    /// Opens a listener.
    ///
    /// - Parameters:
    ///   - address: Where to listen. The directory of a socket is made, or checked to be private.
    ///   - group: The event loops of the listener and of the accepted channels.
    ///   - onShortage: Called each time the operating system has nothing left to accept a client with.
    ///   - initializer: Sets each accepted channel up, on its event loop.
    /// - Throws: ``LocalListenerError``.
    package static func bind(
        _ address: LocalAddress,
        on group: any EventLoopGroup,
        onShortage: @escaping @Sendable (String) -> Void = { _ in },
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) async throws -> Bound {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelInitializer { $0.pausingWhenShort(onShortage) }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.keepFromChildProcesses()
                return initializer(channel)
            }
        guard address.hasPort else { throw LocalListenerError.invalidAddress("\(address)") }
        switch address {
        case .unixSocket(let directory, _):
            let file = try UnixSocketFile(path: address.socketPath ?? "")
            let placed = try await bind(bootstrap, PrivateDirectory(path: directory), file, draftSuffix: address.port)
            return Bound(channel: placed.channel, address: address, socket: placed.socket)
        case .tcp(let host, let port):
            return try await bind(bootstrap, host, port)
        }
    }

    static func bind(_ bootstrap: ServerBootstrap, _ host: String, _ port: Int) async throws -> Bound {
        // A port whose last connections still time out may be bound again; one with a listener may not.
        let bootstrap = bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
        let place = LocalAddress.tcp(host: host, port: port)
        do {
            let channel = try await bootstrap.bind(to: SocketAddress(ipAddress: host, port: port)).get()
            try await channel.eventLoop.submit { channel.keepFromChildProcesses() }.get()
            return Bound(channel: channel, address: .tcp(host: host, port: channel.localAddress?.port ?? port))
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw LocalListenerError.inUse("\(place)")
        } catch let error as IOError {
            throw LocalListenerError.system("listen on \(place)", error.errnoCode)
        }
    }
}

extension IOError {
    /// What the operating system says, without the name of its call.
    var reasonText: String { String(cString: strerror(errnoCode)) }
}

extension Channel {
    /// Lets a listener rest for a second when the operating system is short of something, such as descriptors: it would
    /// try again at once, without end.
    ///
    /// - Parameter report: Called with the reason.
    func pausingWhenShort(_ report: @escaping @Sendable (String) -> Void = { _ in }) -> EventLoopFuture<Void> {
        eventLoop.makeCompletedFuture {
            try pipeline.syncOperations.addHandler(ShortagePause(report))
        }
    }

    /// Makes sure, on the event loop, that no child process, such as a `credential_process`, inherits the socket;
    /// SwiftNIO lets them.
    func keepFromChildProcesses() {
        try? pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            _ = fcntl($0, F_SETFD, FD_CLOEXEC)
        }
    }
}

/// Stops a listener for a second after an error of the operating system.
///
/// SwiftNIO's `AcceptBackoffHandler` holds back what asks for clients, but the listener's event comes all the same.
private final class ShortagePause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let report: @Sendable (String) -> Void

    init(_ report: @escaping @Sendable (String) -> Void) {
        self.report = report
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // An aborted client has gone before it was accepted.
        guard let error = error as? IOError, error.errnoCode != ECONNABORTED else { return }
        report(error.reasonText)
        let channel = context.channel
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        context.eventLoop.scheduleTask(in: .seconds(1)) {
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}

// Unix-domain sockets.
extension LocalListener {
    /// A listening channel whose socket has its place.
    struct PlacedChannel: Sendable {
        let channel: any Channel
        let socket: UnixSocketFile.Placed
    }

    /// Listens on a socket, which no other user reaches and which appears only once it may be used.
    static func bind(
        _ bootstrap: ServerBootstrap,
        _ directory: PrivateDirectory,
        _ file: UnixSocketFile,
        draftSuffix: Int = 0
    ) async throws -> PlacedChannel {
        let draft = try UnixSocketFile(path: "\(directory.path)/\(draftPrefix)\(draftSuffix)")
        try directory.prepare()
        return try await directory.withLock {
            try file.clear()
            unlink(draft.path)
            let descriptor = try draft.bound()
            let channel = try await bootstrap.withBoundSocket(descriptor).get()
            do {
                // The bootstrap has asked for room for 128 clients.
                guard listen(descriptor, backlog) == 0 else {
                    throw LocalListenerError.system("listen on \(file.path)", errno)
                }
                return PlacedChannel(channel: channel, socket: try file.place(draft))
            } catch {
                unlink(draft.path)
                try? await channel.close()
                throw error
            }
        }
    }

    /// What the name of a socket begins with until it may be used; its port follows.
    private static let draftPrefix = ".new."

    /// Returns the path of the socket that a client connected to.
    ///
    /// The operating system goes on to call a socket by its first name.
    static func path(of channel: any Channel) -> String {
        let path = channel.localAddress?.pathname ?? ""
        let directory = PrivateDirectory(containing: path).path
        guard let name = path.splitBytes(separator: "/").last, name.hasBytePrefix(draftPrefix),
            let port = Int(name.dropFirst(draftPrefix.utf8.count))
        else { return path }
        return LocalAddress.unixSocket(directory: directory, port: port).description
    }
}
#endif
