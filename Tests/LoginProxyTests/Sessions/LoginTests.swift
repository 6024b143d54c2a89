#if Proxy
import AuthTokens
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import LoginProxy

@Suite("Logins through the proxy", .timeLimit(.minutes(2)))
struct LoginTests {
    private func start(_ server: ScriptedServer, _ mint: TokenMint) async throws -> RunningProxy {
        try await RunningProxy.start([try await server.upstream()], issuer: mint.issuer())
    }

    private func logIn(_ proxy: RunningProxy, _ packet: [UInt8] = Packet.startup(user: "app")) async throws -> WireEnd {
        let client = try await WireEnd.connect(to: proxy)
        try await client.send(packet)
        return client
    }

    @Test("The server gets the client's own bytes, and the client the server's")
    func verbatim() async throws {
        let consent = Message.accepted + Message.make("S", Array("a\0b\0".utf8)) + Message.ready
        let startup = Packet.startup(
            [
                ("user", "app"), ("replication", "database"), ("options", "-c search_path=x"), ("_pq_.later", "1"),
                ("application_name", "\u{E9}"),
            ],
            version: 196_608 + 9_999
        )
        let negotiation = Message.negotiation(2, ["_pq_.later"])
        let server = try await ScriptedServer.start { end in
            #expect(try await Login.begin(end) == startup)
            try await end.send(negotiation)
            #expect(try await Login.password(end) == TokenMint.text(1))
            try await end.send(consent)
            _ = try await end.readToEnd()
            end.close()
        }
        let proxy = try await start(server, TokenMint())
        let client = try await logIn(proxy, startup)
        #expect(try await client.read(negotiation.count + consent.count) == negotiation + consent)
        client.close()
        try await proxy.stop()
        try await server.stop()
    }

    @Test("A refused token from the cache is replaced once, and the client sees one login")
    func retry() async throws {
        let passwords = Mutex<[String]>([])
        let server = try await ScriptedServer.start { end in
            _ = try await Login.begin(end)
            try await end.send(Message.negotiation(0))
            let password = try await Login.password(end)
            let count = passwords.withLock { passwords in
                passwords.append(password)
                return passwords.count
            }
            // The first login and the third are let in; the second gets the token of the first.
            try await end.send(count == 2 ? Message.refusal("28000") : Message.accepted + Message.ready)
            if count == 2 { return end.close() }
            _ = try await end.readToEnd()
            end.close()
        }
        let mint = TokenMint()
        let proxy = try await start(server, mint)
        let expected = Message.negotiation(0) + Message.accepted + Message.ready
        for _ in 0..<2 {
            let client = try await logIn(proxy)
            #expect(try await client.read(expected.count) == expected)
            client.close()
        }
        #expect(passwords.withLock { $0 } == [1, 1, 2].map(TokenMint.text))
        let accepted = "connection.accept"
        #expect(mint.activities == ["token.issue", accepted, "connection.refuse", "token.issue", accepted])
        try await proxy.stop()
        try await server.stop()
    }

    @Test("A token that was made just now is refused once, with the server's own words and a hint")
    func refusal() async throws {
        let server = try await ScriptedServer.start { end in
            _ = try await Login.begin(end)
            _ = try await Login.password(end)
            try await end.send(
                Message.error([
                    ("S", "FATAL"), ("V", "FATAL"), ("C", "28P01"), ("M", "PAM failed"), ("R", "auth_failed"),
                ])
            )
            end.close()
        }
        let mint = TokenMint()
        let proxy = try await start(server, mint)
        let fields = try await logIn(proxy).readToEnd().errorFields
        #expect(fields["C"] == "28P01")
        #expect(fields["M"] == "PAM failed")
        #expect(fields["R"] == "auth_failed")
        #expect(fields["H"]?.isEmpty == false)
        #expect(server.connections.count == 1)
        #expect(mint.activities == ["token.issue", "connection.refuse"])
        #expect(mint.events.last?.errorCode == "LoginProxy.loginRefused")
        try await proxy.stop()
        try await server.stop()
    }

    @Test("A login that is refused for another reason is not tried again", arguments: ["53300", "3D000", "57P03", ""])
    func otherRefusals(_ sqlState: String) async throws {
        let server = try await ScriptedServer.start { end in
            _ = try await Login.begin(end)
            _ = try await Login.password(end)
            try await end.send(sqlState.isEmpty ? Message.error([]) : Message.refusal(sqlState))
            end.close()
        }
        let proxy = try await start(server, TokenMint())
        let client = try await logIn(proxy)
        let answer = try await client.readToEnd()
        #expect(answer.first == UInt8(ascii: "E"))
        #expect(answer.errorFields["C"] ?? "" == sqlState)
        #expect(server.connections.count == 1)
        try await proxy.stop()
        try await server.stop()
    }

    @Test(
        "A session that is refused although the token was accepted is a failed login, and the token stays",
        arguments: ["3D000", "42501", "53300", "28000", ""]
    )
    func afterConsent(_ sqlState: String) async throws {
        let refusal = Message.refusal(sqlState, "the server's words")
        let server = try await ScriptedServer.start { end in
            _ = try await Login.begin(end)
            _ = try await Login.password(end)
            try await end.send(Message.accepted + Message.make("S", Array("a\0b\0".utf8)))
            if !sqlState.isEmpty { try await end.send(refusal) }
            end.close()
        }
        let mint = TokenMint()
        let proxy = try await start(server, mint)
        for _ in 0..<2 {
            let fields = try await logIn(proxy).readToEnd().errorFields
            #expect(fields["C"] == (sqlState.isEmpty ? "08006" : sqlState))
            #expect(fields["M"]?.contains(sqlState.isEmpty ? "after it had accepted the token" : "words") == true)
        }
        #expect(mint.count == 1 && server.connections.count == 2)
        #expect(mint.activities == ["token.issue", "connection.accept", "connection.accept"])
        #expect(proxy.log.all.count { $0.contains("login failed") } == 2)
        #expect(!proxy.log.all.contains { $0.contains("session opened") })
        try await proxy.stop()
        try await server.stop()
    }

    struct Departure: Sendable, CustomTestStringConvertible {
        /// What the server says once the client is gone; `nil` to say nothing.
        let answer: [UInt8]?
        let row: String
        var testDescription: String { "\(row) \(answer?.count ?? -1)" }
    }

    static let departures = [
        Departure(answer: Message.accepted + Message.ready, row: "connection.accept"),
        Departure(answer: Message.accepted + Message.refusal("3D000"), row: "connection.accept"),
        Departure(answer: Message.refusal("28P01"), row: "connection.refuse"),
        Departure(answer: Message.refusal("53300"), row: "connection.fail"),
        Departure(answer: [], row: "connection.fail"), Departure(answer: nil, row: "connection.fail"),
    ]

    @Test("A login whose client goes away has its row all the same", arguments: departures)
    func departed(_ departure: Departure) async throws {
        let hasToken = Mutex(false)
        let isGone = Mutex(false)
        let server = try await ScriptedServer.start { end in
            _ = try await Login.begin(end)
            _ = try await Login.password(end)
            hasToken.withLock { $0 = true }
            _ = try await comesTrue { isGone.withLock { $0 } }
            guard let answer = departure.answer else { return }
            try await end.send(answer)
            if answer.suffix(Message.ready.count) == Message.ready[...] { _ = try await end.readToEnd() }
            end.close()
        }
        let mint = TokenMint()
        let proxy = try await start(server, mint)
        let client = try await logIn(proxy)
        #expect(try await comesTrue { hasToken.withLock { $0 } })
        client.close()
        #expect(try await comesTrue { proxy.status.openConnections == 0 })
        isGone.withLock { $0 = true }
        if departure.answer != nil { #expect(try await comesTrue { mint.events.count == 2 }) }
        try await proxy.stop()
        #expect(mint.activities == ["token.issue", departure.row])
        #expect(try await comesTrue { proxy.log.all.contains { $0.contains("client left during its login") } })
        #expect(!proxy.log.all.contains { $0.contains("session opened") })
        try await server.stop()
    }

    @Test("Every failed login is counted in the audit log, at the latest when the proxy ends")
    func countedFailures() async throws {
        let full = try await ScriptedServer.start { end in
            _ = try await Login.begin(end)
            try await end.send(Message.refusal("53300"))
            end.close()
        }
        let closed = try ClosedPort()
        let roots = try await TestCertificate.shared.chainFile
        let other = try await TestCertificate.other.chainFile
        let upstreams = try [
            await full.upstream(),
            Upstream.parse("host=localhost hostaddr=127.0.0.1 port=\(closed.number) user=app sslrootcert=\(roots)"),
            // A server that another certificate authority vouches for.
            Upstream.parse("host=localhost hostaddr=127.0.0.1 port=\(full.port) user=app sslrootcert=\(other)"),
            Upstream.parse("host=-.invalid user=app sslrootcert=\(roots)"),
        ]
        for upstream in upstreams {
            let mint = TokenMint()
            let proxy = try await RunningProxy.start([upstream], issuer: mint.issuer())
            for _ in 0..<5 { #expect(try await logIn(proxy).readToEnd().errorFields["C"] != nil) }
            try await proxy.stop()
            let failures = mint.events.filter { $0.activity == .connectionFailed }
            #expect(failures.map(\.count) == [1, 4], "\(upstream)")
            #expect(failures.allSatisfy { $0.errorCode?.hasPrefix("LoginProxy.") == true && $0.user == "app" })
        }
        try await full.stop()
    }

    @Test("A server that cannot be reached is 08001, with the address")
    func unreachable() async throws {
        let port = try ClosedPort()
        let roots = try await TestCertificate.shared.chainFile
        let place = "host=localhost hostaddr=127.0.0.1 port=\(port.number)"
        let upstream = try Upstream.parse("\(place) user=app sslrootcert=\(roots)")
        let proxy = try await RunningProxy.start([upstream], issuer: TokenMint().issuer())
        let fields = try await logIn(proxy).readToEnd().errorFields
        #expect(fields["C"] == "08001")
        #expect(fields["D"] == "127.0.0.1:\(port.number): Connection refused.")
        #expect(
            proxy.log.all.contains { $0.contains("login failed detail=127.0.0.1:\(port.number): Connection refused.") }
        )
        #expect(fields["H"]?.isEmpty == false)
        try await proxy.stop()
    }

    @Test("A refusal before the token, inside TLS, is not taken for one without TLS")
    func refusedInTLS() async throws {
        let words = #"no pg_hba.conf entry for replication connection from host "1.2.3.4", user "app", SSL encryption"#
        let server = try await ScriptedServer.start { end in
            _ = try await Login.begin(end)
            try await end.send(Message.refusal("28000", words))
            end.close()
        }
        let proxy = try await start(server, TokenMint())
        let fields = try await logIn(proxy).readToEnd().errorFields
        #expect(fields["M"] == words && fields["H"]?.isEmpty == false)
        #expect(fields["H"]?.contains("without TLS") == false)
        try await proxy.stop()
        try await server.stop()
    }

    @Test("How long a login takes does not count the client's silence before it")
    func duration() async throws {
        let server = try await ScriptedServer.start { end in
            try await Login.accept(end)
            _ = try await end.readToEnd()
            end.close()
        }
        let proxy = try await start(server, TokenMint())
        let began = ContinuousClock.now
        let client = try await WireEnd.connect(to: proxy)
        try await Task.sleep(for: .seconds(1))
        let silence = ContinuousClock.now - began
        try await client.send(Packet.startup(user: "app"))
        #expect(try await client.readMessage().type == "R")
        let isLogged = try await comesTrue { proxy.log.all.contains { $0.contains("session opened") } }
        #expect(isLogged)
        let line = try #require(proxy.log.all.first { $0.contains("session opened") })
        let seconds = line.split(separator: "seconds=").last.flatMap { Double($0.prefix { $0 != " " }) }
        #expect(try #require(seconds) < (ContinuousClock.now - began - silence) / .seconds(1) + 0.1)
        client.close()
        try await proxy.stop()
        try await server.stop()
    }

    @Test("What the connection takes is no longer there for the login")
    func oneDeadline() async throws {
        let server = try await ScriptedServer.start { end in
            _ = try await end.read(8)
            try await Task.sleep(for: .milliseconds(200))
            try await end.acceptTLS(TestCertificate.shared.context)
            _ = try await end.readToEnd()
        }
        let (upstream, limit) = (try await server.upstream(), Duration.seconds(60))
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: server.port)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let link = try await UpstreamLink.open(address, serverName: "localhost", upstream, within: limit, on: loop)
        #expect(link.rest > .zero && link.rest <= limit - .milliseconds(200))
        try await link.channel.close().get()
        try await server.stop()
    }

    @Test("A server that says nothing is 08001 when the time is up")
    func silent() async throws {
        let server = try await ScriptedServer.start { end in _ = try await end.readToEnd() }
        let proxy = try await RunningProxy.start([try await server.upstream()], issuer: TokenMint().issuer()) {
            $0.limits.connectTimeout = .milliseconds(300)
        }
        let fields = try await logIn(proxy).readToEnd().errorFields
        #expect(fields["C"] == "08001")
        #expect(fields["M"] == "the server did not answer in time")
        #expect(try await comesTrue { server.connections.first?.isClosed == true })
        try await proxy.stop()
        try await server.stop()
    }

    @Test("Of several servers the first that can be reached is logged in to")
    func hostList() async throws {
        let dead = try ClosedPort()
        let starting = try await ScriptedServer.start { end in
            _ = try await Login.begin(end)
            try await end.send(Message.refusal("57P03"))
            end.close()
        }
        let alive = try await ScriptedServer.start { end in
            try await Login.accept(end)
            _ = try await end.readToEnd()
            end.close()
        }
        let roots = try await TestCertificate.shared.chainFile
        let upstream = try Upstream.parse(
            "host=localhost,localhost,localhost hostaddr=127.0.0.1,127.0.0.1,127.0.0.1 user=app sslrootcert=\(roots) "
                + "port=\(dead.number),\(starting.port),\(alive.port)"
        )
        let mint = TokenMint()
        let proxy = try await RunningProxy.start([upstream], issuer: mint.issuer())
        let client = try await logIn(proxy)
        #expect(try await client.readMessage().type == "R")
        #expect(mint.events.filter { $0.activity == .connectionAccepted }.map(\.port) == [alive.port])
        client.close()
        try await proxy.stop()
        for server in [starting, alive] { try await server.stop() }
    }

    @Test("A token that cannot be made, or not recorded, is the client's to know")
    func noToken() async throws {
        struct Broken: Error, CustomStringConvertible { let description = "The credentials are gone." }
        struct Recorder: TokenAuditRecorder { func record(_ event: TokenEvent) async throws { throw Broken() } }
        let server = try await ScriptedServer.start { end in
            _ = try await Login.begin(end)
            _ = try await end.readToEnd()
        }
        let failing = AuthTokenGeneratorRegistry([.init("default") { ClosureTokenGenerator { _ in throw Broken() } }])
        let working = AuthTokenGeneratorRegistry([
            .init("default") { ClosureTokenGenerator(lifetime: .seconds(900)) { _ in "the-token" } }
        ])
        for issuer in [
            TokenIssuer(generators: failing), TokenIssuer(generators: working, audit: .required(Recorder())),
        ] {
            let proxy = try await RunningProxy.start([try await server.upstream()], issuer: issuer)
            let fields = try await logIn(proxy).readToEnd().errorFields
            #expect(fields["C"] == "28000")
            #expect(fields["M"] == "the proxy has no token for this user")
            #expect(fields["D"] == "The credentials are gone.")
            try await proxy.stop()
        }
        #expect(server.connections.allSatisfy { !String(decoding: $0.received, as: UTF8.self).contains("token") })
        try await server.stop()
    }

    @Test("The audit log names the client's process")
    func actor() async throws {
        let server = try await ScriptedServer.start { end in
            try await Login.accept(end)
            _ = try await end.readToEnd()
            end.close()
        }
        let mint = TokenMint()
        let proxy = try await start(server, mint)
        let client = try await logIn(proxy)
        #expect(try await client.readMessage().type == "R")
        let actors = mint.events.map(\.actor)
        #expect(actors.count == 2)
        for actor in actors {
            #expect(actor?.userID == Int64(getuid()))
            #expect(actor?.processID == Int64(getpid()))
        }
        client.close()
        try await proxy.stop()
        try await server.stop()
    }

    @Test("Neither tokens nor options nor statements are logged")
    func secrets() async throws {
        let server = try await ScriptedServer.start { end in
            _ = try await Login.begin(end)
            let password = try await Login.password(end)
            guard password == TokenMint.text(1) else {
                try await end.send(Message.refusal("28000"))
                return end.close()
            }
            try await end.send(Message.accepted + Message.ready)
            _ = try await end.readToEnd()
            end.close()
        }
        let mint = TokenMint()
        let proxy = try await start(server, mint)
        let options = Packet.startup([("user", "app"), ("options", "-c hidden.option=1")])
        let client = try await logIn(proxy, options)
        #expect(try await client.readMessage().type == "R")
        try await client.send(Message.make("Q", Array("select 'hidden statement'\0".utf8)))
        client.close()
        #expect(try await comesTrue { proxy.log.all.contains { $0.contains("session closed") } })
        let log = proxy.log.all.joined(separator: "\n")
        #expect(log.contains("session opened"))
        #expect(!log.contains("hidden") && !log.contains("secret-token"), "\(log)")
        try await proxy.stop()
        try await server.stop()
    }
}
#endif
