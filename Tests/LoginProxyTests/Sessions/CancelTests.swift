#if Proxy
import AuthTokens
import Foundation
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import LoginProxy

@Suite("Requests to cancel", .timeLimit(.minutes(2)))
struct CancelTests {
    /// A server with sessions of the given key, which records requests to cancel that come through TLS.
    private struct Server {
        let scripted: ScriptedServer
        let mint = TokenMint()
        let proxy: RunningProxy

        init(key: [UInt8]?, _ configure: (inout ProxyConfiguration) -> Void = { _ in }) async throws {
            scripted = try await ScriptedServer.start { end in
                let packet = try await Login.begin(end)
                guard packet[4...].bigEndianValue != 80_877_102 else {
                    #expect(end.isTLS)
                    return end.close()
                }
                _ = try await Login.password(end)
                try await end.send(Message.accepted + (key.map { Message.key(77, $0) } ?? []) + Message.ready)
                _ = try await end.readToEnd()
                end.close()
            }
            proxy = try await RunningProxy.start([try await scripted.upstream()], issuer: mint.issuer(), configure)
        }

        /// Logs in, and returns what the server has sent.
        func session() async throws -> (client: WireEnd, greeting: [UInt8]) {
            let client = try await WireEnd.connect(to: proxy)
            try await client.send(Packet.startup(user: "app"))
            #expect(try await comesTrue { client.received.suffix(Message.ready.count) == Message.ready[...] })
            return (client, client.received)
        }

        func cancel(_ process: UInt32, _ secret: [UInt8]) async throws {
            let client = try await WireEnd.connect(to: proxy)
            try await client.send(Packet.cancel(process, secret))
            // Closed without a word, whatever comes of it.
            #expect(try await client.readToEnd().isEmpty)
        }

        /// The requests that have reached the server.
        var requests: [[UInt8]] {
            scripted.connections.map(\.received).filter { $0.count > 16 && $0[12...].bigEndianValue == 80_877_102 }
                .map { Array($0[8...]) }
        }

        func stop() async throws {
            try await proxy.stop()
            try await scripted.stop()
        }
    }

    @Test("Keys of any length reach the client unchanged and the server again, over TLS", arguments: [4, 5, 32, 256])
    func forwarded(_ count: Int) async throws {
        let key = (0..<count).map { UInt8(truncatingIfNeeded: 200 + $0) }
        let server = try await Server(key: key)
        let (client, greeting) = try await server.session()
        #expect(greeting == Message.accepted + Message.key(77, key) + Message.ready)
        try await server.cancel(77, key)
        #expect(server.requests == [Packet.cancel(77, key)])
        #expect(server.mint.activities == ["token.issue", "connection.accept", "connection.cancel"])
        #expect(server.mint.events.last?.actor?.processID == Int64(getpid()))
        #expect(!client.isClosed)
        client.close()
        try await server.stop()
    }

    @Test("Of several servers, the one that answered gets the request")
    func addressThatAnswered() async throws {
        let isStarting = try await ScriptedServer.start { end in
            _ = try await Login.begin(end)
            try await end.send(Message.refusal("57P03"))
            _ = try await end.readToEnd()
            end.close()
        }
        let answering = try await Server(key: [1, 2, 3, 4])
        let upstream = try await answering.scripted.upstream(
            "host=localhost,localhost hostaddr=127.0.0.1,127.0.0.1 port=\(isStarting.port),\(answering.scripted.port)"
        )
        let proxy = try await RunningProxy.start([upstream], issuer: answering.mint.issuer())
        let client = try await WireEnd.connect(to: proxy)
        try await client.send(Packet.startup(user: "app"))
        #expect(try await comesTrue { client.received.suffix(Message.ready.count) == Message.ready[...] })
        let second = try await WireEnd.connect(to: proxy)
        try await second.send(Packet.cancel(77, [1, 2, 3, 4]))
        _ = try await second.readToEnd()
        #expect(answering.requests == [Packet.cancel(77, [1, 2, 3, 4])])
        #expect(isStarting.connections.count == 1)
        client.close()
        try await proxy.stop()
        try await answering.stop()
        try await isStarting.stop()
    }

    @Test("A client that does not wait for the end is served all the same")
    func hasty() async throws {
        let server = try await Server(key: [1, 2, 3, 4])
        let (client, _) = try await server.session()
        let hasty = try await WireEnd.connect(to: server.proxy)
        try await hasty.send(Packet.cancel(77, [1, 2, 3, 4]))
        hasty.close()
        #expect(try await comesTrue { server.requests == [Packet.cancel(77, [1, 2, 3, 4])] })
        client.close()
        try await server.stop()
    }

    @Test("A request that names no session is closed without a word, and no server is asked")
    func unknown() async throws {
        let server = try await Server(key: [1, 2, 3, 4])
        let (client, _) = try await server.session()
        for (process, secret) in [(77, [1, 2, 3, 5]), (78, [1, 2, 3, 4]), (77, [1, 2, 3, 4, 0])] as [(UInt32, [UInt8])]
        {
            try await server.cancel(process, secret)
        }
        #expect(server.scripted.connections.count == 1)
        #expect(server.mint.activities.count == 2)
        client.close()
        try await server.stop()
    }

    @Test("Without a key of the server's the client gets none, and nothing can be canceled")
    func noKey() async throws {
        let server = try await Server(key: nil)
        let (client, greeting) = try await server.session()
        #expect(greeting == Message.accepted + Message.ready)
        try await server.cancel(0, [0, 0, 0, 0])
        #expect(server.requests.isEmpty)
        client.close()
        try await server.stop()
    }

    @Test("The key of a session that has ended is forgotten")
    func ended() async throws {
        let server = try await Server(key: [1, 2, 3, 4])
        let (client, _) = try await server.session()
        client.close()
        #expect(try await comesTrue { server.proxy.status.openConnections == 0 })
        try await server.cancel(77, [1, 2, 3, 4])
        #expect(server.requests.isEmpty)
        try await server.stop()
    }

    @Test("After too many requests with wrong keys, those with the right one wait too, and the log says so")
    func rate() async throws {
        let server = try await Server(key: [1, 2, 3, 4]) { $0.limits.cancelsPerSecond = 1 }
        let (client, _) = try await server.session()
        // Two that are more than a second apart are both looked up, as on a busy machine.
        let isIgnored = try await comesTrue {
            let (began, before) = (ContinuousClock.now, server.requests.count)
            try await server.cancel(77, [9, 9, 9, 9])
            try await server.cancel(77, [1, 2, 3, 4])
            if ContinuousClock.now - began < .seconds(1) { #expect(server.requests.count == before) }
            return server.proxy.log.all.contains { $0.contains("cancel request ignored") }
        }
        #expect(isIgnored)
        let before = server.requests.count
        #expect(
            try await comesTrue {
                try await server.cancel(77, [1, 2, 3, 4])
                return server.requests.count > before
            }
        )
        client.close()
        try await server.stop()
    }

    @Test("Any number of requests that name a session are forwarded at once")
    func many() async throws {
        let server = try await Server(key: [1, 2, 3, 4]) { $0.limits.cancelsPerSecond = 1 }
        let (client, _) = try await server.session()
        for _ in 0..<6 { try await server.cancel(77, [1, 2, 3, 4]) }
        #expect(server.requests.count == 6)
        #expect(server.mint.activities.suffix(6) == Array(repeating: "connection.cancel", count: 6)[...])
        client.close()
        try await server.stop()
    }

    @Test("At the limit of connections a request to cancel still passes")
    func limit() async throws {
        let server = try await Server(key: [1, 2, 3, 4]) { $0.limits.connections = 1 }
        let (client, _) = try await server.session()
        try await server.cancel(77, [1, 2, 3, 4])
        #expect(server.requests.count == 1)
        client.close()
        try await server.stop()
    }
}
#endif
