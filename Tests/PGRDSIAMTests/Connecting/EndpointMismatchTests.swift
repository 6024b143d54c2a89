import Foundation
import Synchronization
import TestSupport
import Testing

@testable import PGRDSIAM

/// A fault of the compiler or of libpq is simulated by a plan that differs from what libpq is told to dial.
@Suite("A connection to another endpoint than the planned one", .timeLimit(.minutes(2)))
struct EndpointMismatchTests {
    /// How a plan differs from what libpq dials.
    struct Difference: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var change: @Sendable (Place) -> [Place] = { [$0] }
    }

    private static let differences = [
        Difference(testDescription: "host") { [Place(host: "other.example.com", address: $0.address, port: $0.port)] },
        Difference(testDescription: "address") { [Place(host: $0.host, address: "127.0.0.2", port: $0.port)] },
        Difference(testDescription: "port") { [Place(host: $0.host, address: $0.address, port: "1")] },
        Difference(testDescription: "an address, but no such host") {
            [Place(host: "", address: "127.0.0.2", port: $0.port)]
        },
        Difference(testDescription: "several hosts") {
            [
                Place(host: "a.example.com", address: $0.address, port: $0.port),
                Place(host: $0.host, address: $0.address, port: "1"),
            ]
        },
        Difference(testDescription: "no host") { _ in [] },
    ]

    @Test("is closed before the password leaves, and is an error of its own", arguments: differences)
    func mismatch(_ difference: Difference) async throws {
        let server = try await Server.shared
        let place = Place(host: server.facts.host, address: server.facts.hostaddr, port: "\(server.facts.port)")
        let session = try LibpqSession(on: SocketLoops.next())
        let name = "mismatch-\(UUID())"
        // A wrong password: an answer from the server would be another error.
        let conninfo = server.conninfo(user: "anna") + " password=wrong sslmode=require application_name=\(name)"
        let error = await #expect(throws: PGRDSIAMError.self) {
            try await session.connect(Array(conninfo.utf8), LoginTerms(planned: difference.change(place)))
        }
        #expect(error?.code == .endpointMismatch)
        #expect(error?.isRetryable == false)
        #expect(error?.message.contains("wrong") == false)
        #expect(session.state.withLock { $0.handle == nil })
        #expect(try await Self.isGone(name, from: server))
    }

    @Test("is none if host, address, port and TLS are the planned ones")
    func match() async throws {
        let server = try await Server.shared
        let place = Place(host: server.facts.host, address: server.facts.hostaddr, port: "\(server.facts.port)")
        let other = Place(host: "other.example.com", address: "127.0.0.1", port: "1")
        let session = try LibpqSession(on: SocketLoops.next())
        let conninfo = server.conninfo(user: "anna") + " password=geheim sslmode=require gssencmode=disable"
        let facts = try await session.connect(Array(conninfo.utf8), LoginTerms(planned: [other, place]))
        #expect(facts.tlsVersion != nil && facts.port == place.port)
    }

    @Test("is closed if it has no TLS, although the server lets the user in")
    func withoutTLS() async throws {
        let server = try await RDSLookalike.start(["--password-user", "open:geheim"])
        let superuser = try await server.connect()
        let rules = try #require(try await superuser.value("show hba_file", as: String.self))
        // The first rule that matches decides.
        let text = "hostnossl all open 127.0.0.1/32 trust\n" + (try String(contentsOfFile: rules, encoding: .utf8))
        try text.write(toFile: rules, atomically: false, encoding: .utf8)
        _ = try await superuser.query("select pg_reload_conf()")
        let conninfo = server.conninfo(user: "open") + " password=geheim sslmode=disable application_name=clear"
        let place = Place(host: server.facts.host, address: server.facts.hostaddr, port: "\(server.facts.port)")
        let unplanned = try LibpqSession(on: SocketLoops.next())
        // The server has read its rules when it accepts such a login.
        #expect(try await comesTrue { (try? await unplanned.connect(Array(conninfo.utf8), LoginTerms())) != nil })
        unplanned.close()
        let session = try LibpqSession(on: SocketLoops.next())
        let error = await #expect(throws: PGRDSIAMError.self) {
            try await session.connect(Array(conninfo.utf8), LoginTerms(planned: [place]))
        }
        #expect(error?.code == .endpointMismatch)
        #expect(error?.message.contains("without TLS") == true)
        #expect(session.state.withLock { $0.handle == nil })
        #expect(try await Self.isGone("clear", from: server))
    }

    @Test("is closed if it is a Unix socket")
    func socket() async throws {
        let server = try await Server.shared
        let session = try LibpqSession(on: SocketLoops.next())
        let name = "socket-\(UUID())"
        let conninfo =
            "host=\(server.facts.socket) port=\(server.facts.port) user=postgres dbname=postgres application_name=\(name)"
        let planned = Place(host: server.facts.socket, address: "", port: "\(server.facts.port)")
        let error = await #expect(throws: PGRDSIAMError.self) {
            try await session.connect(Array(conninfo.utf8), LoginTerms(planned: [planned]))
        }
        #expect(error?.code == .endpointMismatch)
        #expect(session.state.withLock { $0.handle == nil })
        #expect(try await Self.isGone(name, from: server))
    }

    private static func isGone(_ application: String, from server: RDSLookalike) async throws -> Bool {
        let watcher = try await server.connect()
        return try await comesTrue {
            try await watcher.value(
                "select not exists (select from pg_stat_activity where application_name = $1)",
                application
            ) == true
        }
    }
}
