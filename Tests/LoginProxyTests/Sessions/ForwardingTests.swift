#if Proxy
import Foundation
import NIOCore
import RDSIAMHashing
import TestSupport
import Testing

@testable import LoginProxy

@Suite("What is forwarded", .timeLimit(.minutes(3)))
struct ForwardingTests {
    private static func withSession(
        _ script: @escaping ScriptedServer.Script,
        limits: ProxyLimits = ProxyLimits(),
        _ body: (WireEnd, ScriptedServer, RunningProxy) async throws -> Void
    ) async throws {
        let server = try await ScriptedServer.start { end in
            try await Login.accept(end)
            try await script(end)
        }
        let proxy = try await RunningProxy.start([try await server.upstream()], issuer: TokenMint().issuer()) {
            $0.limits = limits
        }
        let client = try await WireEnd.connect(to: proxy)
        try await client.send(Packet.startup(user: "app"))
        let greeting = Message.accepted + Message.key(77, [1, 2, 3, 4]) + Message.ready
        #expect(try await client.read(greeting.count) == greeting)
        try await body(client, server, proxy)
        client.close()
        #expect(try await comesTrue { proxy.status.openConnections == 0 })
        try await proxy.stop()
        try await server.stop()
    }

    private static func noise(_ count: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(count))
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    @Test("Bytes that are no messages pass both ways unchanged")
    func noise() async throws {
        let (up, down) = (Self.noise(3_000_001), Self.noise(5_000_003))
        try await Self.withSession { end in
            async let sent: Void = end.send(down)
            #expect(try await end.read(up.count) == up)
            try await sent
            _ = try await end.readToEnd()
            end.close()
        } _: { client, _, _ in
            async let sent: Void = client.send(up)
            #expect(try await client.read(down.count) == down)
            try await sent
        }
    }

    @Test("A client that ends its direction still gets the answer, all of it")
    func halfClose() async throws {
        let answer = Self.noise(4_000_000)
        try await Self.withSession { end in
            // The server reads up to the end before it answers, then closes.
            _ = try await comesTrue { end.isClosed }
            #expect(end.received.suffix(5) == Array("done!".utf8)[...])
            try await end.send(answer)
            end.close()
        } _: { client, _, _ in
            try await client.send(Array("done!".utf8))
            try await client.endOutput()
            #expect(try await client.read(answer.count) == answer)
            #expect(try await comesTrue { client.isClosed })
        }
    }

    @Test("A session that says nothing for longer than every limit of a login stays open")
    func idleness() async throws {
        var limits = ProxyLimits()
        (limits.loginTimeout, limits.connectTimeout) = (.seconds(10), .seconds(10))
        try await Self.withSession(
            { end in
                #expect(try await end.read(4) == Array("ask?".utf8))
                try await end.send(Array("told".utf8))
                _ = try await end.readToEnd()
                end.close()
            },
            limits: limits
        ) { client, _, proxy in
            try await Task.sleep(for: .seconds(12))
            #expect(!client.isClosed && proxy.status.openConnections == 1)
            try await client.send(Array("ask?".utf8))
            #expect(try await client.read(4) == Array("told".utf8))
        }
    }

    @Test("The last words of a server that closes reach a client that reads late")
    func lateReader() async throws {
        let words = Self.noise(2_000_000)
        try await Self.withSession { end in
            try await end.send(words)
            end.close()
        } _: { client, server, _ in
            try await client.channel.setOption(.autoRead, value: false).get()
            #expect(
                try await comesTrue { server.connections[0].channel.isActive == false || client.received.count > 0 }
            )
            try await client.channel.setOption(.autoRead, value: true).get()
            client.channel.read()
            #expect(try await client.read(words.count) == words)
        }
    }

    @Test("A session ends with its server, also if its client does not close", arguments: [false, true])
    func serverEnds(_ isHalf: Bool) async throws {
        try await Self.withSession { end in
            try await end.send(Array("last".utf8))
            if isHalf { try await end.endOutput() } else { end.close() }
        } _: { client, server, proxy in
            let last = try await client.read(4)
            #expect(last == Array("last".utf8))
            #expect(try await comesTrue { client.isClosed && proxy.status.openConnections == 0 })
            #expect(try await comesTrue { server.connections[0].isClosed })
            #expect(try await comesTrue { proxy.log.all.contains { $0.contains("session closed") } })
        }
    }

    @Test("A client that does not read holds the server up, not the proxy's memory")
    func backPressure() async {
        await #expect(processExitsWith: .success) {
            let chunk = Self.noise(1 << 20)
            try await Self.withSession { end in
                // The client does not read from now on.
                _ = try await end.read(1)
                for _ in 0..<64 { try await end.send(chunk) }
                _ = try await end.readToEnd()
                end.close()
            } _: { client, server, _ in
                try await client.channel.setOption(.autoRead, value: false).get()
                try await client.send([0])
                let end = server.connections[0]
                // What the system's buffers and the proxy's hold is a small part of 64 MB.
                var last = 0
                let isHeldUp = try await comesTrue {
                    let before = last
                    last = try await end.channel.getOption(.bufferedWritableBytes).get()
                    if last > 0, last == before { return true }
                    try await Task.sleep(for: .milliseconds(200))
                    return false
                }
                #expect(isHeldUp)
                let before = peakMemory()
                try await Task.sleep(for: .milliseconds(500))
                #expect(peakMemory() - before < 8 << 20)
                try await client.channel.setOption(.autoRead, value: true).get()
                client.channel.read()
                let all = try await client.read(64 << 20)
                #expect(all.count == 64 << 20)
                #expect(all.suffix(chunk.count).elementsEqual(chunk))
            }
        }
    }

    @Test("A client that vanishes takes its server session with it")
    func vanishing() async throws {
        try await Self.withSession { end in
            _ = try await end.readToEnd()
            end.close()
        } _: { client, server, proxy in
            client.close()
            let isGone = try await comesTrue {
                server.connections[0].isClosed && proxy.status.openConnections == 0
            }
            #expect(isGone)
        }
    }

    @Test("Both connections have keepalives, with the times of the connection string")
    func keepalive() async throws {
        let server = try await ScriptedServer.start { end in
            try await Login.accept(end)
            _ = try await end.readToEnd()
            end.close()
        }
        let times = "keepalives_idle=11 keepalives_interval=12 keepalives_count=13"
        let route = try await RunningRoute(try await server.upstream(times), isTCP: true)
        let client = try await route.session()
        let channels = route.server.open.all
        #expect(channels.count == 2)
        for channel in channels { #expect(try await channel.getOption(.socketOption(.so_keepalive)).get() != 0) }
        #if os(Linux)
        let upstream = try #require(channels.first { $0.remoteAddress?.port == server.port })
        for (option, value) in [(TCP_KEEPIDLE, 11), (TCP_KEEPINTVL, 12), (TCP_KEEPCNT, 13)] {
            let option = NIOBSDSocket.Option(rawValue: CInt(option))
            #expect(try await Int(upstream.getOption(.tcpOption(option)).get()) == value)
        }
        #endif
        client.close()
        #expect(try await comesTrue { route.server.open.all.isEmpty })
        await route.stop()
        try await server.stop()
    }

    @Test("What a connection string says of keepalives is read")
    func keepaliveSettings() async throws {
        let roots = try await TestCertificate.shared.chainFile
        let upstream = try Upstream.parse(
            "host=localhost user=app sslrootcert=\(roots) keepalives_idle=11 keepalives_interval=12 keepalives_count=13"
        )
        #expect(upstream.keepalive.isOn)
        #expect([upstream.keepalive.idle, upstream.keepalive.interval, upstream.keepalive.count] == [11, 12, 13])
        let without = try Upstream.parse("host=localhost user=app sslrootcert=\(roots) keepalives=0")
        #expect(!without.keepalive.isOn)
    }

    #if os(Linux)
    @Test("No child process inherits a connection to a server")
    func inheritance() async throws {
        try await Self.withSession { end in
            _ = try await end.readToEnd()
            end.close()
        } _: { _, server, _ in
            let port = try #require(server.connections.first?.channel.localAddress?.port)
            // Of both ends in this process, the proxy's is the one whose other end has the server's port.
            let ours = try Self.sockets(toPort: port)
            #expect(ours.count == 1)
            let text = try Self.output(of: "ls -l /proc/self/fd")
            #expect(text.contains(" 0 -> "), "\(text)")
            for socket in ours { #expect(!text.contains("socket:[\(socket)]"), "\(text)") }
        }
    }

    /// What a child process prints that inherits all that child processes inherit.
    private static func output(of command: String) throws -> String {
        let stream = try #require(popen(command, "r"))
        defer { pclose(stream) }
        var (text, chunk) = ("", [CChar](repeating: 0, count: 4096))
        while fgets(&chunk, 4096, stream) != nil {
            text += String(decoding: chunk.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        return text
    }

    /// The inodes of the TCP sockets of this machine whose other end has a port (`proc(5)`).
    private static func sockets(toPort port: Int) throws -> [String] {
        let suffix = ":" + String(format: "%04X", port)
        return try output(of: "cat /proc/net/tcp").split(separator: "\n").dropFirst()
            .compactMap { line in
                let fields = line.split(separator: " ")
                // Established connections alone.
                return fields[2].hasSuffix(suffix) && fields[3] == "01" ? String(fields[9]) : nil
            }
    }
    #endif
}

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
#endif
