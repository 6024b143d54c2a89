#if Proxy
import AuthTokens
import Foundation
import Logging
import NIOCore
import ServiceLifecycle
import ServiceLifecycleTestKit
import Synchronization
import TestSupport
import Testing

@testable import LoginProxy

@Suite("Shutdown", .timeLimit(.minutes(2)))
struct ShutdownTests {
    @Test("Sessions go on, new clients get 57P03, and the end comes with the last session")
    func drain() async throws {
        let server = try await ScriptedServer.start { end in
            try await Login.accept(end)
            _ = try await comesTrue { end.received.suffix(4) == Array("ping".utf8)[...] }
            try await end.send(Array("pong".utf8))
            _ = try await end.readToEnd()
            end.close()
        }
        let upstream = try await server.upstream()
        try await testGracefulShutdown { trigger in
            let proxy = try await RunningProxy.start([upstream], issuer: TokenMint().issuer()) {
                $0.drain = DrainDelays(minimum: .zero, maximum: .seconds(60))
            }
            let client = try await WireEnd.connect(to: proxy)
            try await client.send(Packet.startup(user: "app"))
            #expect(try await comesTrue { client.received.suffix(Message.ready.count) == Message.ready[...] })
            _ = try await client.read(client.received.count)
            #expect(proxy.status.phase == .serving)
            trigger.triggerGracefulShutdown()
            #expect(try await comesTrue { proxy.status.phase == .draining })
            #expect(
                try await comesTrue {
                    let late = try await WireEnd.connect(to: proxy)
                    try await late.send(Packet.startup(user: "app"))
                    defer { late.close() }
                    return try await late.readMessage().type == "E"
                        && late.received.errorFields["C"] == "57P03"
                }
            )
            try await client.send(Array("ping".utf8))
            #expect(try await client.read(4) == Array("pong".utf8))
            client.close()
            try await proxy.finished()
            #expect(proxy.status.phase == .stopped)
        }
        try await server.stop()
    }

    /// What a server sends after the login, and what a client gets after it when the maximum delay is over.
    struct Ending: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sent: [UInt8]
        let sqlState: String?
    }

    static let endings = [
        Ending(testDescription: "idle", sent: [], sqlState: "57P01"),
        Ending(testDescription: "a query runs", sent: Message.make("D", [0, 0]), sqlState: "57P01"),
        Ending(testDescription: "in a head", sent: Array(Message.ready.prefix(3)), sqlState: nil),
        Ending(testDescription: "in a body", sent: Array(Message.ready.prefix(5)), sqlState: nil),
    ]

    @Test("After the maximum delay sessions end with 57P01, but not in the middle of a message", arguments: endings)
    func maximum(_ ending: Ending) async throws {
        let server = try await ScriptedServer.start { end in
            try await Login.accept(end)
            try await end.send(ending.sent)
            _ = try await end.readToEnd()
            end.close()
        }
        let upstream = try await server.upstream()
        try await testGracefulShutdown { trigger in
            let proxy = try await RunningProxy.start([upstream], issuer: TokenMint().issuer()) {
                $0.drain = DrainDelays(minimum: .zero, maximum: .milliseconds(300))
            }
            let client = try await WireEnd.connect(to: proxy)
            try await client.send(Packet.startup(user: "app"))
            #expect(try await comesTrue { client.received.suffix(ending.sent.count) == ending.sent[...] })
            #expect(try await comesTrue { client.received.count >= 28 + ending.sent.count })
            let before = client.received
            let began = ContinuousClock.now
            trigger.triggerGracefulShutdown()
            let all = try await client.readToEnd()
            #expect(ContinuousClock.now - began >= .milliseconds(300))
            #expect(Array(all.prefix(before.count)) == before)
            #expect(Array(all.dropFirst(before.count)).errorFields["C"] == ending.sqlState)
            #expect((all == before) == (ending.sqlState == nil))
            client.close()
            try await proxy.finished()
            #expect(try await comesTrue { server.connections[0].isClosed })
        }
        try await server.stop()
    }

    @Test("At the end the server is asked to cancel the statement that runs, and nothing else")
    func statements() async throws {
        let statement = Message.make("Q", Array("commit\0".utf8))
        let server = try await ScriptedServer.start { end in
            let packet = try await Login.begin(end)
            guard packet[4...].bigEndianValue != StartupReader.cancelCode else { return end.close() }
            _ = try await Login.password(end)
            let isBusy = packet == Packet.startup(user: "app", database: "busy")
            try await end.send(Message.accepted + Message.key(isBusy ? 2 : 1, [1, 2, 3, 4]) + Message.ready)
            #expect(try await end.read(statement.count) == statement)
            if !isBusy { try await end.send(Message.ready) }
            _ = try await end.readToEnd()
            end.close()
        }
        let upstream = try await server.upstream()
        try await testGracefulShutdown { trigger in
            let proxy = try await RunningProxy.start([upstream], issuer: TokenMint().issuer())
            var clients: [WireEnd] = []
            for (database, answers) in [("idle", 2), ("busy", 1)] {
                let client = try await WireEnd.connect(to: proxy)
                try await client.send(Packet.startup(user: "app", database: database))
                #expect(try await comesTrue { client.received.suffix(Message.ready.count) == Message.ready[...] })
                try await client.send(statement)
                let answer = Message.accepted + Message.key(1, [1, 2, 3, 4])
                let count = answer.count + answers * Message.ready.count
                #expect(try await comesTrue { client.received.count == count })
                #expect(
                    try await comesTrue {
                        server.connections.contains { $0.received.suffix(statement.count) == statement[...] }
                    }
                )
                clients.append(client)
            }
            #expect(
                try await comesTrue {
                    server.connections.allSatisfy { $0.received.suffix(statement.count) == statement[...] }
                }
            )
            let greetings = clients.map { $0.received.count }
            trigger.triggerGracefulShutdown()
            for (client, greeting) in zip(clients, greetings) {
                let error = try await Array(client.readToEnd().dropFirst(greeting))
                #expect(error.errorFields["C"] == "57P01")
                client.close()
            }
            try await proxy.finished()
        }
        #expect(
            try await comesTrue {
                let requests = server.connections.dropFirst(2).map { Array($0.received.dropFirst(8)) }
                return requests == [Packet.cancel(2, [1, 2, 3, 4])]
            }
        )
        try await server.stop()
    }

    @Test("A client whose login still goes on when the proxy ends gets 57P03")
    func loginInMidAir() async throws {
        let server = try await ScriptedServer.start { end in
            _ = try await Login.begin(end)
            _ = try await end.readToEnd()
            end.close()
        }
        let upstream = try await server.upstream()
        try await testGracefulShutdown { trigger in
            let proxy = try await RunningProxy.start([upstream], issuer: TokenMint().issuer())
            let client = try await WireEnd.connect(to: proxy)
            try await client.send(Packet.startup(user: "app"))
            #expect(try await comesTrue { server.connections.first?.isTLS == true })
            trigger.triggerGracefulShutdown()
            #expect(try await client.readToEnd().errorFields["C"] == "57P03")
            client.close()
            try await proxy.finished()
            // The proxy has ended it, not the client.
            #expect(!proxy.log.all.contains { $0.contains("client left") })
        }
        try await server.stop()
    }

    @Test("During the minimum delay clients are let in")
    func minimum() async throws {
        let server = try await ScriptedServer.start { end in
            try await Login.accept(end)
            _ = try await end.readToEnd()
            end.close()
        }
        let upstream = try await server.upstream()
        try await testGracefulShutdown { trigger in
            let proxy = try await RunningProxy.start([upstream], issuer: TokenMint().issuer()) {
                $0.drain = DrainDelays(minimum: .seconds(30), maximum: .seconds(60))
            }
            trigger.triggerGracefulShutdown()
            #expect(try await comesTrue { proxy.status.phase == .draining })
            let client = try await WireEnd.connect(to: proxy)
            try await client.send(Packet.startup(user: "app"))
            #expect(try await client.readMessage().type == "R")
            client.close()
            try await proxy.stop()
        }
        try await server.stop()
    }

    @Test("Routes are independent: one that cannot be listened on stops the start, with its name")
    func bindFailure() async throws {
        let server = try await ScriptedServer.start { _ in }
        let upstream = try await server.upstream()
        await #expect(throws: (any Error).self) {
            _ = try await RunningProxy.start([upstream, upstream], issuer: TokenMint().issuer()) {
                $0.routes[1].address = $0.routes[0].address
            }
        }
        try await server.stop()
    }
}
#endif
