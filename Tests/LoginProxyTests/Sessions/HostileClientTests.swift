#if Proxy
import AuthTokens
import Foundation
import NIOCore
import NIOSSL
import TestSupport
import Testing

@testable import LoginProxy

@Suite("Clients that do not behave", .timeLimit(.minutes(2)))
struct HostileClientTests {
    /// A proxy in front of a server that lets everyone in.
    private func withProxy(
        _ configure: (inout ProxyConfiguration) -> Void = { _ in },
        _ body: (RunningProxy, ScriptedServer, TokenMint) async throws -> Void
    ) async throws {
        let mint = TokenMint()
        let server = try await ScriptedServer.start { end in
            try await Login.accept(end)
            _ = try await end.readToEnd()
            end.close()
        }
        let proxy = try await RunningProxy.start([try await server.upstream()], issuer: mint.issuer(), configure)
        try await body(proxy, server, mint)
        try await proxy.stop()
        try await server.stop()
    }

    @Test(
        "What is no startup packet is refused, and no server is asked",
        arguments: [
            Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8), [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0],
            Packet.tlsRequest + Packet.startup(user: "app"), Packet.gssRequest + Packet.startup(user: "app"),
            Packet.startup([("database", "postgres")]), Packet.startup(user: ""), [0, 0, 0, 9, 0, 3, 0, 0, 65],
            Packet.startup([("user", "app")], version: 131_072), Packet.cancel(77, [1, 2, 3, 4]) + [0],
        ] as [[UInt8]]
    )
    func junk(_ bytes: [UInt8]) async throws {
        try await withProxy { proxy, server, mint in
            let client = try await WireEnd.connect(to: proxy)
            try await client.send(bytes)
            let answer = try await client.readToEnd()
            #expect(answer.errorFields["S"] == "FATAL")
            #expect(["08P01", "28000", "0A000"].contains(answer.errorFields["C"]))
            #expect(server.connections.isEmpty)
            #expect(mint.count == 0)
        }
    }

    @Test("TLS without a request is closed without a word")
    func directTLS() async throws {
        try await withProxy { proxy, server, _ in
            let client = try await WireEnd.connect(to: proxy)
            try await client.send([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0])
            #expect(try await client.readToEnd().isEmpty)
            #expect(server.connections.isEmpty)
        }
    }

    @Test("A connection that says nothing leaves no trace in the log")
    func probe() async throws {
        try await withProxy { proxy, _, _ in
            for _ in 0..<5 { try await WireEnd.connect(to: proxy).channel.close().get() }
            #expect(proxy.log.all.isEmpty, "\(proxy.log.all)")
        }
    }

    @Test("Silence is closed when the time is up, and a slow client is told")
    func deadline() async throws {
        try await withProxy {
            $0.limits.loginTimeout = .seconds(5)
        } _: { proxy, server, _ in
            let (silent, slow) = (try await WireEnd.connect(to: proxy), try await WireEnd.connect(to: proxy))
            // Without its last byte, as a whole packet that comes as the time is up is served.
            for byte in Packet.startup(user: "app").dropLast() {
                guard !slow.isClosed else { break }
                try? await slow.send([byte])
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(try await silent.readToEnd().isEmpty)
            let fields = try await slow.readToEnd().errorFields
            #expect(fields["C"] == "08P01")
            #expect(fields["M"] == "the login was not complete after 5 seconds")
            #expect(server.connections.isEmpty)
        }
    }

    @Test("One byte at a time is a login like any other")
    func slow() async throws {
        try await withProxy { proxy, server, _ in
            let client = try await WireEnd.connect(to: proxy)
            for byte in Packet.tlsRequest { try await client.send([byte]) }
            #expect(try await client.read(1) == [UInt8(ascii: "N")])
            for byte in Packet.gssRequest { try await client.send([byte]) }
            #expect(try await client.read(1) == [UInt8(ascii: "N")])
            for byte in Packet.startup(user: "app") { try await client.send([byte]) }
            #expect(try await client.readMessage().type == "R")
            client.close()
        }
    }

    @Test("A user who is not the configured one is refused before any token is made")
    func policy() async throws {
        try await withProxy { proxy, server, mint in
            for parameters in [[("user", "root")], [("user", "app"), ("user", "root")], [("user", "app\u{301}")]] {
                let client = try await WireEnd.connect(to: proxy)
                try await client.send(Packet.startup(parameters))
                let fields = try await client.readToEnd().errorFields
                #expect(fields["C"] == "28000")
                #expect(fields["H"]?.contains("user=app") == true)
            }
            #expect(server.connections.isEmpty)
            #expect(mint.count == 0)
        }
    }

    @Test("A name can be mapped to a database user, whose name the server gets")
    func mapping() async throws {
        try await withProxy {
            $0.routes[0].upstream.userMap = ["local": "mapped"]
        } _: { proxy, server, mint in
            let client = try await WireEnd.connect(to: proxy)
            try await client.send(Packet.startup(user: "local", database: "blog"))
            #expect(try await client.readMessage().type == "R")
            let expected = Packet.startup([("user", "mapped"), ("database", "blog")])
            let received = try #require(server.connections.first).received
            #expect(received.dropFirst(8).starts(with: expected))
            #expect(mint.events.allSatisfy { $0.requestedUser == "mapped" && $0.database == "blog" })
            client.close()
        }
    }

    @Test("At the limit of connections clients get 53300, and a place that is left is free again")
    func connectionLimit() async throws {
        try await withProxy {
            $0.limits.connections = 2
        } _: { proxy, _, _ in
            var clients: [WireEnd] = []
            for _ in 0..<2 {
                let client = try await WireEnd.connect(to: proxy)
                try await client.send(Packet.startup(user: "app"))
                #expect(try await client.readMessage().type == "R")
                clients.append(client)
            }
            let third = try await WireEnd.connect(to: proxy)
            try await third.send(Packet.startup(user: "app"))
            #expect(try await third.readToEnd().errorFields["C"] == "53300")
            clients[0].close()
            #expect(try await comesTrue { proxy.status.openConnections == 1 })
            let fourth = try await WireEnd.connect(to: proxy)
            try await fourth.send(Packet.startup(user: "app"))
            #expect(try await fourth.readMessage().type == "R")
            for client in clients + [fourth] { client.close() }
        }
    }

    @Test("Clients that log in are limited, not sessions and not requests to cancel; who is refused is told")
    func loginLimit() async throws {
        let server = try await ScriptedServer.start { end in
            let packet = try await Login.begin(end)
            guard packet[4...].bigEndianValue != StartupReader.cancelCode else { return end.close() }
            if packet != Packet.startup(user: "app", database: "slow") {
                _ = try await Login.password(end)
                try await end.send(Message.accepted + Message.key(77, [1, 2, 3, 4]) + Message.ready)
            }
            _ = try await end.readToEnd()
            end.close()
        }
        let proxy = try await RunningProxy.start([try await server.upstream()], issuer: TokenMint().issuer()) {
            $0.limits.logins = 2
        }
        func logIn(_ database: String) async throws -> WireEnd {
            let client = try await WireEnd.connect(to: proxy)
            try await client.send(Packet.startup(user: "app", database: database))
            return client
        }
        let session = try await logIn("fast")
        #expect(try await session.readMessage().type == "R")
        let slow = [try await logIn("slow"), try await logIn("slow")]
        #expect(try await comesTrue { server.connections.count == 3 })

        let refused = try await WireEnd.connect(to: proxy)
        try await refused.send(Packet.tlsRequest)
        #expect(try await refused.read(1) == [UInt8(ascii: "N")])
        try await refused.send(Packet.startup(user: "app"))
        #expect(try await Array(refused.readToEnd().dropFirst()).errorFields["C"] == "53300")
        #expect(proxy.log.all.contains { $0.contains("too many clients are logging in") && $0.contains("peer=") })

        let cancel = try await WireEnd.connect(to: proxy)
        try await cancel.send(Packet.cancel(77, [1, 2, 3, 4]))
        _ = try await cancel.readToEnd()
        #expect(server.connections.contains { $0.received.suffix(16) == Packet.cancel(77, [1, 2, 3, 4])[...] })

        server.connections[1].close()
        #expect(
            try await comesTrue {
                let client = try await logIn("fast")
                defer { client.close() }
                return try await client.read(1) == [UInt8(ascii: "R")]
            }
        )
        for client in slow + [session] { client.close() }
        try await proxy.stop()
        try await server.stop()
    }

    @Test("Of clients that have connected and say nothing there are four for each that may log in")
    func silentLimit() async throws {
        try await withProxy {
            $0.limits.logins = 1
        } _: { proxy, _, _ in
            var silent: [WireEnd] = []
            for _ in 0..<4 {
                let client = try await WireEnd.connect(to: proxy)
                // An answer shows that it is counted.
                try await client.send(Packet.tlsRequest)
                #expect(try await client.read(1) == [UInt8(ascii: "N")])
                silent.append(client)
            }
            let refused = try await WireEnd.connect(to: proxy)
            #expect(try await refused.readToEnd().isEmpty)
            silent.removeLast().close()
            #expect(
                try await comesTrue {
                    let client = try await WireEnd.connect(to: proxy)
                    try? await client.send(Packet.startup(user: "app"))
                    defer { client.close() }
                    return try await client.read(1) == [UInt8(ascii: "R")]
                }
            )
            for client in silent { client.close() }
        }
    }

    @Test("What a client sends with its startup packet is the session's, unless it has to prove who it is")
    func early() async throws {
        let statement = Message.make("Q", Array("select 1\0".utf8))
        try await withProxy { proxy, server, _ in
            let client = try await WireEnd.connect(to: proxy)
            try await client.send(Packet.startup(user: "app") + statement)
            #expect(try await client.readMessage().type == "R")
            #expect(try await comesTrue { server.connections[0].received.suffix(statement.count) == statement[...] })
            client.close()
        }
        let password = try LocalPassword.random()
        try await withProxy {
            $0.routes[0].authentication = .password(password.verifier)
        } _: { proxy, server, _ in
            let client = try await WireEnd.connect(to: proxy)
            try await client.send(Packet.startup(user: "app") + statement)
            #expect(try await client.readToEnd().errorFields["C"] == "08P01")
            #expect(server.connections.isEmpty)
        }
    }

    @Test("A client that leaves while its login goes on takes the login with it")
    func leaving() async throws {
        let server = try await ScriptedServer.start { end in _ = try await end.readToEnd() }
        let proxy = try await RunningProxy.start([try await server.upstream()], issuer: TokenMint().issuer())
        let client = try await WireEnd.connect(to: proxy)
        try await client.send(Packet.startup(user: "app"))
        #expect(try await comesTrue { server.connections.first?.received.count == 8 })
        client.close()
        #expect(try await comesTrue { server.connections[0].isClosed })
        #expect(try await comesTrue { proxy.status.openConnections == 0 })
        try await proxy.stop()
        try await server.stop()
    }

    @Test("A certificate for clients leads to TLS, and bytes that pass it by end the connection")
    func localTLS() async throws {
        let certificate = try await TestCertificate.shared
        let tls = LocalTLS(certificateChainFile: certificate.chainFile, privateKeyFile: certificate.keyFile)
        let server = try await ScriptedServer.start { end in
            try await Login.accept(end)
            _ = try await end.readToEnd()
            end.close()
        }
        let proxy = try await RunningProxy.start(
            [try await server.upstream()],
            issuer: TokenMint().issuer(),
            isTCP: true,
            tls: tls
        )
        let client = try await WireEnd.connect(to: proxy)
        try await client.send(Packet.tlsRequest)
        #expect(try await client.read(1) == [UInt8(ascii: "S")])
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(certificate.chainFile)
        let context = try NIOSSLContext(configuration: configuration)
        try await client.channel.eventLoop.submit {
            let handler = try NIOSSLClientHandler(context: context, serverHostname: "localhost")
            try client.channel.pipeline.syncOperations.addHandler(handler, position: .first)
        }.get()
        try await client.send(Packet.startup(user: "app"))
        #expect(try await client.readMessage().type == "R")
        client.close()
        let stuffed = try await WireEnd.connect(to: proxy)
        try await stuffed.send(Packet.tlsRequest + Packet.startup(user: "app"))
        #expect(try await stuffed.readToEnd().errorFields["C"] == "08P01")
        let failing = try await WireEnd.connect(to: proxy)
        try await failing.send(Packet.tlsRequest)
        #expect(try await failing.read(1) == [UInt8(ascii: "S")])
        try await failing.send(Array("no TLS at all".utf8))
        _ = try await failing.readToEnd()
        let isLogged = try await comesTrue {
            proxy.log.all.contains { $0.contains("the client's TLS handshake failed") }
        }
        #expect(isLogged)
        let line = try #require(proxy.log.all.first { $0.contains("the client's TLS handshake failed") })
        #expect(line.contains("peer=127.0.0.1:") && !line.contains(" at /"))
        try await proxy.stop()
        try await server.stop()
    }
}
#endif
