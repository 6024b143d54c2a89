#if Proxy
import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import LoginProxy

@Suite("Health", .timeLimit(.minutes(1)))
struct HealthServerTests {
    private let status = ProxyStatus(maximumConnections: 2)
    private let group = MultiThreadedEventLoopGroup.singleton

    private func ask(
        _ target: String,
        method: String = "GET",
        hosts: [String] = ["localhost:9090"]
    ) -> HealthRoutes.Answer {
        HealthRoutes(status: status, metrics: ProxyMetrics())
            .answer(to: HealthRoutes.Request(method: method, target: target, hosts: hosts))
    }

    @Test("Startup, liveness and readiness follow the proxy's phase")
    func phases() {
        let phases: [ProxyStatus.Phase] = [.starting, .serving, .draining, .stopped]
        let expected = [[503, 200, 503], [200, 200, 200], [200, 200, 503], [200, 200, 503]]
        for (phase, statuses) in zip(phases, expected) {
            status.enter(phase)
            #expect(["/startup", "/liveness", "/readiness"].map { ask($0).status } == statuses, "\(phase)")
        }
    }

    @Test("A proxy whose connections are all open is not ready, and is ready again when one has ended")
    func full() {
        status.enter(.serving)
        #expect(status.admit())
        #expect(ask("/readiness").status == 200)
        #expect(status.admit())
        #expect(ask("/readiness").status == 503)
        #expect(ask("/liveness").status == 200)
        status.leave()
        #expect(ask("/readiness").status == 200)
    }

    @Test("Only GET is allowed, and only the four paths exist")
    func methods() {
        for method in ["POST", "HEAD", "PUT", "OPTIONS", "get", "QUIT"] {
            #expect(ask("/liveness", method: method).status == 405, "\(method)")
        }
        for path in [
            "/", "", "/livenes", "/Liveness", "/liveness/", "//liveness", "/metrics%00", "?/metrics",
            "http://x/metrics",
        ] {
            #expect(ask(path).status == 404, "\(path)")
        }
        #expect(ask("/liveness?verbose").status == 200)
    }

    @Test(
        "A request under another name is refused, as a web page would send it",
        arguments: [
            [], ["evil.example"], ["evil.example:9090"], ["localhost", "localhost"], ["localhost.evil.example"], [""],
            ["127.0.0.1.evil.example"], ["10.0.0.1"], ["127.0.0.1:9090:1"], ["[::1].evil.example"], ["[::2]"],
            [
                "localhost:"
                    + "123456"
            ], ["127.0.0.256"], ["127..0.0.1"], [":9090"], ["127.0.0.1."], ["127.1"], ["localhost:9o"],
            ["loca\u{17F}host"],
        ] as [[String]]
    )
    func otherHosts(_ hosts: [String]) {
        for path in ["/metrics", "/liveness", "/nothing"] { #expect(ask(path, hosts: hosts).status == 421) }
    }

    @Test(
        "This machine's own names are allowed",
        arguments: [
            "localhost", "LOCALHOST:9090", "127.0.0.1", "127.0.0.1:9090", "127.8.8.8:1", "[::1]", "[::1]:9090",
        ]
    )
    func ownHosts(_ host: String) {
        #expect(ask("/metrics", hosts: [host]).status == 200)
    }

    @Test("Over HTTP: the answer, its length, and the end of the connection")
    func http() async throws {
        status.enter(.serving)
        let metrics = ProxyMetrics()
        metrics.connectionOpened()
        let server = try await HealthServer.start(
            .tcp(host: "127.0.0.1", port: 0),
            status: status,
            metrics: metrics,
            on: group
        )
        guard case .tcp(_, let port) = server.address else { return }
        let connection = try RawConnection(port: port)
        connection.send("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n")
        let answer = connection.readToEnd()
        let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1)
        #expect(parts.count == 2)
        #expect(parts[0].hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(parts[0].contains("content-length: \(parts[1].utf8.count)"))
        #expect(parts[0].contains("text/plain; version=0.0.4"))
        #expect(!parts[0].lowercased().contains("access-control"))
        #expect(parts[1].contains("\nrds_iam_proxy_connections_opened_total 1\n"))
        await server.close()
        // Between fork and exec, a child process that another test starts has the listener too.
        #expect(try await comesTrue { isClosed(port) })
    }

    private func isClosed(_ port: Int) -> Bool {
        do {
            _ = try RawConnection(port: port)
            return false
        } catch {
            return true
        }
    }

    @Test("On a socket of its own, which goes with it")
    func socket() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("health")
        let server = try await HealthServer.start(
            HealthServer.Address(parsing: path),
            status: status,
            metrics: ProxyMetrics(),
            on: group
        )
        let connection = try RawConnection(path: path)
        connection.send("GET /startup HTTP/1.0\r\nHost: localhost\r\n\r\n")
        #expect(connection.readToEnd().hasPrefix("HTTP/1.1 503 "))
        await server.close()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("Junk, endless headers and silence end the connection")
    func abuse() async throws {
        let server = try await HealthServer.start(
            .tcp(host: "127.0.0.1", port: 0),
            status: status,
            metrics: ProxyMetrics(),
            on: group,
            timeout: .milliseconds(300)
        )
        guard case .tcp(_, let port) = server.address else { return }
        for junk in ["\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", "GET\r\n\r\n", "GET /liveness HTTP/1.1\r\n\r\n", "\0\0\0\u{8}"]
        {
            let connection = try RawConnection(port: port)
            connection.send(junk)
            #expect(!connection.readToEnd().contains(" 200 "), "\(junk)")
        }
        let endless = try RawConnection(port: port)
        endless.send("GET /liveness HTTP/1.1\r\nHost: localhost\r\nX: " + String(repeating: "x", count: 10000))
        endless.send("\r\n\r\n")
        #expect(!endless.readToEnd().contains(" 200 "))
        let silent = try RawConnection(port: port)
        let slow = try RawConnection(port: port)
        slow.send("GET /live")
        #expect(silent.readToEnd() == "")
        #expect(!slow.readToEnd().contains(" 200 "))
        await server.close()
    }

    @Test("Next to connections that say nothing or not enough, others are served")
    func others() async throws {
        let server = try await HealthServer.start(
            .tcp(host: "127.0.0.1", port: 0),
            status: status,
            metrics: ProxyMetrics(),
            on: group,
            timeout: .seconds(60)
        )
        guard case .tcp(_, let port) = server.address else { return }
        let silent = try RawConnection(port: port)
        let slow = try RawConnection(port: port)
        slow.send("GET /live")
        let good = try RawConnection(port: port)
        good.send("GET /liveness HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(good.readToEnd().hasPrefix("HTTP/1.1 200 "))
        // Both are still open.
        let haveEnded = [silent.hasSomethingToRead, slow.hasSomethingToRead]
        #expect(haveEnded == [false, false])
        await server.close()
    }

    @Test("A question about health ends in time, says what came, and takes no other server for the proxy")
    func client() async throws {
        struct Case: Sendable {
            let says: [String]
            let reason: String
        }
        let strange = "What answers there is not the proxy's health check."
        let late = "There was no complete answer within 0.7 seconds."
        let cases = [
            Case(says: [], reason: late),
            Case(says: Array(repeating: "HTTP/1.1 200 OK\r\n", count: 300), reason: late),
            Case(says: ["HTTP/1.1 200 OK\r\n\r\nhello\n", ""], reason: strange),
            Case(says: ["HTTP/1.1 404 No\r\n\r\n<html>", ""], reason: strange),
            Case(says: ["HTTP/1.1 200 OK\r\n\r\n", ""], reason: strange), Case(says: [""], reason: strange),
            Case(says: ["HTTP/1.1 503 No\r\n\r\nThe proxy starts.\n", ""], reason: "The proxy starts."),
        ]
        for test in cases {
            let server = try await ScriptedServer.start { end in
                for text in test.says {
                    if text.isEmpty { return end.close() }
                    try await end.send(Array(text.utf8))
                    try await Task.sleep(for: .milliseconds(100))
                }
                _ = try await end.readToEnd()
            }
            let began = ContinuousClock.now
            let client = HealthClient(address: .tcp(host: "127.0.0.1", port: server.port))
            let limit = test.reason == late ? Duration.milliseconds(700) : .seconds(20)
            let answer = await client.get("/startup", within: limit)
            #expect(ContinuousClock.now - began < .seconds(15))
            #expect(!answer.isGood)
            #expect(answer.reason == test.reason)
            try await server.stop()
        }
    }

    @Test("An answer to HEAD has no body")
    func head() async throws {
        let server = try await HealthServer.start(
            .tcp(host: "127.0.0.1", port: 0),
            status: status,
            metrics: ProxyMetrics(),
            on: group
        )
        guard case .tcp(_, let port) = server.address else { return }
        for path in ["/metrics", "/liveness", "/nothing"] {
            let connection = try RawConnection(port: port)
            connection.send("HEAD \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let answer = connection.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 405 ") && answer.hasSuffix("\r\n\r\n"), "\(answer)")
        }
        await server.close()
    }

    @Test("Addresses beyond the loopback interface are refused")
    func exposure() throws {
        for text in ["0.0.0.0:9090", "[::]:9090", "10.0.0.1:9090"] {
            let error = #expect(throws: LocalListenerError.self) { try HealthServer.Address(parsing: text) }
            #expect(error?.code == .exposed)
        }
        #expect(try HealthServer.Address(parsing: "localhost:9090") == .tcp(host: "127.0.0.1", port: 9090))
        for text in ["9090", "foo:9090", "127.0.0.1"] {
            let error = #expect(throws: LocalListenerError.self) { try HealthServer.Address(parsing: text) }
            #expect(error?.message.contains("the absolute path of a socket") == true)
        }
    }
}
#endif
