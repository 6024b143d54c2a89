#if Proxy
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TestSupport

@testable import LoginProxy

/// One end of a connection in a test: records everything that arrives, and sends what it is told.
final class WireEnd: Sendable {
    private struct State {
        var received: [UInt8] = []
        var taken = 0
        var isClosed = false
        var isTLS = false
    }

    let channel: any Channel
    private let state = Mutex(State())

    init(_ channel: any Channel) {
        self.channel = channel
    }

    /// All that has arrived so far.
    var received: [UInt8] { state.withLock { $0.received } }
    /// Whether the other end has ended its direction, or the connection.
    var isClosed: Bool { state.withLock { $0.isClosed } }
    /// Whether a TLS handshake is done.
    var isTLS: Bool { state.withLock { $0.isTLS } }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    /// Waits for the next `count` bytes, and returns fewer only if there are no more.
    func read(_ count: Int) async throws -> [UInt8] {
        _ = try await comesTrue {
            state.withLock { $0.received.count - $0.taken >= count || $0.isClosed }
        }
        return state.withLock { state in
            let bytes = Array(state.received[state.taken...].prefix(count))
            state.taken += bytes.count
            return bytes
        }
    }

    /// Waits for a whole message: type and body.
    func readMessage() async throws -> (type: Character, body: [UInt8]) {
        let head = try await read(5)
        guard head.count == 5 else { throw Missing(description: "The connection has ended.") }
        let body = try await read(Int(head[1...].bigEndianValue) - 4)
        return (Character(UnicodeScalar(head[0])), body)
    }

    /// Waits for a whole packet without a type.
    func readPacket() async throws -> [UInt8] {
        let head = try await read(4)
        guard head.count == 4 else { throw Missing(description: "The connection has ended.") }
        return try await head + read(Int(head.bigEndianValue) - 4)
    }

    /// Waits for the end, and returns all that has arrived.
    func readToEnd() async throws -> [UInt8] {
        guard try await comesTrue({ isClosed }) else { throw Missing(description: "The connection does not end.") }
        return received
    }

    func endOutput() async throws { try await channel.close(mode: .output).get() }

    func close() { channel.close(promise: nil) }

    /// Answers the request for TLS, and goes on in TLS.
    func acceptTLS(_ context: NIOSSLContext, answer: [UInt8] = [UInt8(ascii: "S")]) async throws {
        try await channel.eventLoop.submit {
            try self.channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context), position: .first)
            // Below TLS.
            try self.channel.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self)
                .writeAndFlush(NIOAny(ByteBuffer(bytes: answer)), promise: nil)
        }.get()
    }

    fileprivate func handler() -> some ChannelHandler & Sendable { Recorder(self) }

    private final class Recorder: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let end: WireEnd

        init(_ end: WireEnd) {
            self.end = end
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = Array(unwrapInboundIn(data).readableBytesView)
            end.state.withLock { $0.received += bytes }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { end.state.withLock { $0.isClosed = true } }
            if String(describing: event).contains("handshakeCompleted") { end.state.withLock { $0.isTLS = true } }
            context.fireUserInboundEventTriggered(event)
        }

        func channelInactive(context: ChannelHandlerContext) {
            end.state.withLock { $0.isClosed = true }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            end.state.withLock { $0.isClosed = true }
            context.close(promise: nil)
        }
    }
}

extension WireEnd {
    /// Connects to a proxy as a client that speaks for itself.
    static func connect(to proxy: RunningProxy) async throws -> WireEnd {
        try await connect(to: proxy.bound[0].address)
    }

    static func connect(to address: LocalAddress) async throws -> WireEnd {
        let ends = Mutex<WireEnd?>(nil)
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    channel.keepFromChildProcesses()
                    let end = WireEnd(channel)
                    ends.withLock { $0 = end }
                    try channel.pipeline.syncOperations.addHandler(end.handler())
                }
            }
        switch address {
        case .unixSocket(let directory, let port):
            _ = try await bootstrap.connect(unixDomainSocketPath: "\(directory)/.s.PGSQL.\(port)").get()
        case .tcp(let host, let port): _ = try await bootstrap.connect(host: host, port: port).get()
        }
        guard let end = ends.withLock({ $0 }) else { throw Missing(description: "There is no connection.") }
        return end
    }
}

/// A server that does what a test says, for each connection in turn, and records every byte.
final class ScriptedServer: Sendable {
    typealias Script = @Sendable (WireEnd) async throws -> Void

    /// The connections so far, which come on several event loops.
    private final class Ends: Sendable {
        let all = Mutex<[WireEnd]>([])
    }

    private let channel: any Channel
    private let ends: Ends

    private init(_ channel: any Channel, _ ends: Ends) {
        (self.channel, self.ends) = (channel, ends)
    }

    /// Listens on a free port of 127.0.0.1.
    static func start(_ script: @escaping Script) async throws -> ScriptedServer {
        let ends = Ends()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    channel.keepFromChildProcesses()
                    let end = WireEnd(channel)
                    ends.all.withLock { $0.append(end) }
                    try channel.pipeline.syncOperations.addHandler(end.handler())
                    Task {
                        do { try await script(end) } catch { end.close() }
                    }
                }
            }.bind(host: "127.0.0.1", port: 0).get()
        try await channel.eventLoop.submit { channel.keepFromChildProcesses() }.get()
        return ScriptedServer(channel, ends)
    }

    /// The connections so far.
    var connections: [WireEnd] { ends.all.withLock { $0 } }

    var port: Int { channel.localAddress?.port ?? 0 }

    func stop() async throws { try await channel.close().get() }

    /// It, as a proxy logs in to it.
    func upstream(_ more: String = "") async throws -> Upstream {
        let roots = try await TestCertificate.shared.chainFile
        let place = "host=localhost hostaddr=127.0.0.1 port=\(port)"
        return try Upstream.parse("\(place) user=app sslrootcert=\(roots) \(more)")
    }
}

/// A certificate for `localhost` that signs itself.
final class TestCertificate: Sendable {
    private let folder: TemporaryFolder
    let context: NIOSSLContext

    private static let task = Task { try await TestCertificate("localhost") }
    private static let otherTask = Task { try await TestCertificate("other.example") }

    static var shared: TestCertificate { get async throws { try await task.value } }
    /// Another one, for another name.
    static var other: TestCertificate { get async throws { try await otherTask.value } }

    var chainFile: String { folder.path("certificate.pem") }
    var keyFile: String { folder.path("key.pem") }

    private init(_ name: String) async throws {
        folder = try TemporaryFolder()
        let (chainFile, keyFile) = (folder.path("certificate.pem"), folder.path("key.pem"))
        let result = try await ChildProcess.run(
            "/usr/bin/env",
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2", "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)", "-keyout", keyFile,
                "-out", chainFile,
            ]
        )
        guard result.status == 0 else { throw Missing(description: "openssl: \(result.errors)") }
        let chain = try NIOSSLCertificate.fromPEMFile(chainFile).map { NIOSSLCertificateSource.certificate($0) }
        let key = try NIOSSLPrivateKey(file: keyFile, format: .pem)
        context = try NIOSSLContext(
            configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
        )
    }
}
#endif
