#if Proxy
import AuthTokens
import Foundation
import Logging
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import LoginProxy

@Suite("Addresses to listen on", .timeLimit(.minutes(1)))
struct LocalAddressTests {
    struct Good: Sendable, CustomTestStringConvertible {
        let text: String
        let address: LocalAddress
        let description: String
        var testDescription: String { text }
    }

    static let good = [
        Good(text: "127.0.0.1:5433", address: .tcp(host: "127.0.0.1", port: 5433), description: "127.0.0.1:5433"),
        Good(text: "LocalHost:5433", address: .tcp(host: "127.0.0.1", port: 5433), description: "127.0.0.1:5433"),
        Good(text: "[::1]:1", address: .tcp(host: "::1", port: 1), description: "[::1]:1"),
        Good(text: "[0:0::1]:0", address: .tcp(host: "::1", port: 0), description: "[::1]:0"),
        Good(text: "0.0.0.0:5432", address: .tcp(host: "0.0.0.0", port: 5432), description: "0.0.0.0:5432"),
        Good(
            text: "/run/proxy/",
            address: .unixSocket(directory: "/run/proxy", port: 5432),
            description: "/run/proxy/.s.PGSQL.5432"
        ),
        Good(
            text: "/run//proxy/.s.PGSQL.6000",
            address: .unixSocket(directory: "/run/proxy", port: 6000),
            description: "/run/proxy/.s.PGSQL.6000"
        ),
    ]

    @Test("An address is read, and read again from its description", arguments: good)
    func reads(_ good: Good) throws {
        let address = try LocalAddress(parsing: good.text)
        #expect(address == good.address)
        #expect(address.description == good.description)
        #expect(try LocalAddress(parsing: address.description) == address)
    }

    @Test(
        "What is no address is refused",
        arguments: [
            "", "5433", ":5433", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1",
            "127.0.0.1:000005432", "::1:5432", "[::1]", "[::1:5432", "db.example.com:5432", "run/proxy",
            "127.0.0.1:５４３３",
            "/run/.s.PGSQL.", "/run/.s.PGSQL.0", "/run/.s.PGSQL.x", "/run/a\0b", "127.0.0.1\0:5432",
            "loca\u{17F}host:5432",
        ]
    )
    func refuses(_ text: String) throws {
        let error = #expect(throws: LocalListenerError.self) { try LocalAddress(parsing: text) }
        #expect(error?.code == .invalidAddress)
        #expect(error?.isRetryable == false)
    }

    @Test("There is no port after 65535, and no listener at a number that is no port")
    func lastPort() async throws {
        for text in ["127.0.0.1:65534", "[::1]:65534", "/run/.s.PGSQL.65534"] {
            let address = try LocalAddress(parsing: text)
            #expect(address.advanced(by: 1)?.port == 65535)
            #expect(address.advanced(by: 2) == nil)
        }
        #expect(LocalAddress.tcp(host: "::1", port: 0).advanced(by: 70000) == .tcp(host: "::1", port: 0))
        let folder = try TemporaryFolder().url.path
        for address in [-1, 65536, Int.max].map({ LocalAddress.tcp(host: "127.0.0.1", port: $0) })
            + [-1, 0, 65536].map({ LocalAddress.unixSocket(directory: folder, port: $0) })
        {
            let error = await #expect(throws: LocalListenerError.self) {
                try await LocalListener.bind(address, on: MultiThreadedEventLoopGroup.singleton) {
                    $0.eventLoop.makeSucceededVoidFuture()
                }
            }
            #expect(error?.code == .invalidAddress, "\(address)")
        }
    }

    @Test("Directories are told apart by their bytes")
    func twins() throws {
        let twins = try ["/run/e\u{301}", "/run/\u{E9}"].map { try LocalAddress(parsing: $0) }
        #expect(twins[0] != twins[1])
        #expect(Set(twins).count == 2)
        #expect(LocalAddress.tcp(host: "127.0.0.1", port: 1) != .tcp(host: "127.0.0.1", port: 2))
    }

    @Test("A proxy does not begin to serve where other machines would reach it without proof")
    func exposedRoute() async throws {
        let upstream = try Upstream.parse("host=db.example.com user=andrew sslrootcert=system")
        let route = ProxyRoute(upstream: upstream, address: .tcp(host: "0.0.0.0", port: 0))
        let issuer = TokenIssuer(generators: AuthTokenGeneratorRegistry([]))
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let service = ProxyService(configuration: .init(routes: [route]), issuer: issuer, logger: logger)
        let error = await #expect(throws: LocalListenerError.self) { try await service.run() }
        #expect(error?.code == .exposed)
        #expect(service.status.phase == .stopped)
    }

    @Test("Only the loopback interface and sockets do without TLS and a password")
    func exposure() throws {
        let password = LocalAuthentication.password(try SCRAMVerifier(password: "pencil"))
        for text in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "/run/proxy"] {
            try LocalAddress(parsing: text).check(.trust, hasTLS: false)
        }
        for text in ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[::ffff:127.0.0.1]:1", "[fe80::1]:1", "128.0.0.1:1"] {
            let address = try LocalAddress(parsing: text)
            #expect(throws: LocalListenerError.self) { try address.check(.trust, hasTLS: false) }
            #expect(throws: LocalListenerError.self) { try address.check(.trust, hasTLS: true) }
            #expect(throws: LocalListenerError.self) { try address.check(password, hasTLS: false) }
            try address.check(password, hasTLS: true)
        }
    }
}
#endif
