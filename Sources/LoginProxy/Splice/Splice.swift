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
        let watcher = SessionWatcher(session, server, client)
        let metrics = server.metrics
        let clientEnd = SpliceHandler(farewell: watcher.end) {
            watcher.isBusy = true
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
        if early.readableBytes > 0 {
            watcher.isBusy = true
            upstream.writeAndFlush(early, promise: nil)
        }
        if rest.isLast || !upstream.isActive { serverEnd.leave() }
        client.read()
        upstream.read()
    }
}

/// Takes note of the key of a session, which is forgotten when the session is over, of where messages end, and of
/// whether the server works for the client.
private final class SessionWatcher {
    /// Whether the client has sent something since the server was ready for it.
    var isBusy = false
    /// Until the key has come, or it is clear that none comes.
    private var session: UpstreamSession?
    private var entry: CancelRegistry.Entry?
    private let server: RouteServer
    private let client: any Channel
    private var start = SessionStart()
    private var boundary = MessageBoundary()

    init(_ session: UpstreamSession, _ server: RouteServer, _ client: any Channel) {
        self.session = session
        self.server = server
        self.client = client
    }

    /// Has the server cancel what it does for the client, who takes the end for a statement that was not done.
    ///
    /// - Returns: What the client may be told: nothing in the middle of a message.
    func end() -> ClientError? {
        if isBusy, let entry {
            let (server, loop) = (server, client.eventLoop)
            server.open.start { await server.forward(entry.key.cancelRequest, to: entry, on: loop) }
        }
        guard boundary.isBetweenMessages else { return nil }
        return ClientError("57P01", "terminating connection because the proxy is shutting down")
    }

    func receive(_ bytes: some RandomAccessCollection<UInt8>) {
        boundary.advance(over: bytes)
        if boundary.isBetweenMessages, boundary.lastType == UInt8(ascii: "Z") { isBusy = false }
        guard !start.isDone else { return }
        let found = start.receive(bytes)
        defer { if start.isDone { session = nil } }
        guard let key = found, let session else { return }
        let entry = server.cancels.add(key, session)
        self.entry = entry
        for channel in [client, session.link.channel] {
            channel.closeFuture.whenComplete { [server] _ in server.cancels.remove(entry) }
        }
    }
}
#endif
