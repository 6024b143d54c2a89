#if Proxy
import NIOCore

/// The beginning of a session: joins the two channels, forwards what has come so far, and takes note of the key that
/// cancels queries.
struct Splice {
    private let session: UpstreamSession
    private let server: RouteServer

    init(_ session: UpstreamSession, _ server: RouteServer) {
        self.session = session
        self.server = server
    }

    /// Begins, on the event loop of both channels.
    ///
    /// - Parameters:
    ///   - client: The client's channel.
    ///   - handler: The handler that the client's end takes the place of.
    ///   - early: What the client has sent before it was let in.
    func start(client: any Channel, after handler: ClientHandler, early: ByteBuffer) throws {
        let watcher = ServerWatcher(session, server, client)
        let metrics = server.metrics
        let clientEnd = SpliceHandler(farewell: watcher.farewell) {
            metrics.transferred(fromClient: $0.readableBytes, fromServer: 0)
        }
        let serverEnd = SpliceHandler { buffer in
            watcher.receive(buffer.readableBytesView)
            metrics.transferred(fromClient: 0, fromServer: buffer.readableBytes)
        }
        SpliceHandler.join(clientEnd, serverEnd)
        try client.pipeline.syncOperations.addHandler(clientEnd, position: .after(handler))
        client.pipeline.syncOperations.removeHandler(handler, promise: nil)
        let upstream = session.link.channel
        let rest = try session.link.join(serverEnd)
        let bytes = session.bytes + rest.bytes
        watcher.receive(bytes)
        metrics.transferred(fromClient: early.readableBytes, fromServer: bytes.count)
        client.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        if early.readableBytes > 0 { upstream.writeAndFlush(early, promise: nil) }
        if !upstream.isActive {
            clientEnd.partnerIsGone()
        } else if rest.isLast {
            clientEnd.closeOutput()
        }
        client.read()
        upstream.read()
    }
}

/// Takes note of the key of a session, which it forgets when the client is gone, and of where messages end.
private final class ServerWatcher {
    /// Until the key has come, or it is clear that none comes.
    private var session: UpstreamSession?
    private let server: RouteServer
    private let client: any Channel
    private var start = SessionStart()
    private var boundary = MessageBoundary()

    init(_ session: UpstreamSession, _ server: RouteServer, _ client: any Channel) {
        self.session = session
        self.server = server
        self.client = client
    }

    /// What the client may be told if the proxy ends now: nothing in the middle of a message.
    func farewell() -> ClientError? {
        guard boundary.isBetweenMessages else { return nil }
        return ClientError("57P01", "terminating connection because the proxy is shutting down")
    }

    func receive(_ bytes: some RandomAccessCollection<UInt8>) {
        boundary.advance(over: bytes)
        guard !start.isDone else { return }
        let found = start.receive(bytes)
        defer { if start.isDone { session = nil } }
        guard let key = found, let session else { return }
        let (server, process) = (server, key.process)
        let id = server.cancels.add(key, session)
        client.closeFuture.whenComplete { _ in server.cancels.remove(id, process: process) }
    }
}
#endif
