import AuthTokens
import Foundation
import PGConninfo
import PGRDSIAM
import TestSupport
import Testing

/// Optimized code lost hosts of a list, some of the time, so these logins are many.
@Suite("The order of several hosts", .timeLimit(.minutes(10)))
struct HostOrderTests {
    #if DEBUG
    private static let repetitions = 6
    #else
    private static let repetitions = 50
    #endif

    /// What a host does with a client.
    enum Host: String, Sendable {
        case alive
        /// It refuses the connection.
        case dead
        /// It accepts the connection and never answers.
        case silent
    }

    static let orders: [[Host]] = [
        [.alive, .dead, .silent], [.alive, .silent, .dead], [.dead, .alive, .silent], [.dead, .silent, .alive],
        [.silent, .alive, .dead], [.silent, .dead, .alive],
    ]

    /// With room for the logins of all orders at the same time.
    private static let server = Task {
        let users = (0..<6).flatMap { ["--user", "order\($0)"] }
        return try await RDSLookalike.start(users + ["--postgres-option", "max_connections=300"])
    }

    @Test("is followed past a dead and a silent one to the one that is alive, every time", arguments: orders)
    func aliveOne(_ hosts: [Host]) async throws {
        let server = try await Self.server.value
        let (dead, silent) = (try SilentServer(isListening: false), try SilentServer())
        defer { withExtendedLifetime((dead, silent)) {} }
        let ports = [Host.alive: server.facts.port, .dead: dead.port, .silent: silent.port]
        let names = hosts.map { $0 == .alive ? server.facts.host : "\($0).abcdefghijkl.eu-west-2.rds.amazonaws.com" }
        let user = "order\(Self.orders.firstIndex(of: hosts) ?? 0)"
        let conninfo = server.tokenConninfo(
            user: user,
            """
            host=\(names.joined(separator: ",")) hostaddr=127.0.0.1,127.0.0.1,127.0.0.1 \
            port=\(hosts.compactMap { ports[$0].map(String.init) }.joined(separator: ",")) connect_timeout=30
            """
        )
        let issuer = try server.issuer()
        let landings = try await Self.landings(Self.repetitions, conninfo, issuer)
        #expect(landings == ["\(server.facts.host):\(server.facts.port) as \(user)": Self.repetitions])
        let verdicts = try server.verdicts(on: user)
        #expect(verdicts.map(\.verdict) == Array(repeating: "accepted", count: Self.repetitions))
    }

    @Test("leads to the first of three that are alive, every time")
    func firstOfThree() async throws {
        let trio = try await Trio.start()
        let landings = try await Self.landings(Self.repetitions, trio.conninfo(), trio.issuer)
        let first = "db0.abcdefghijkl.eu-west-2.rds.amazonaws.com:\(trio.servers[0].facts.port) as trio"
        #expect(landings == [first: Self.repetitions])
        #expect(try trio.verdicts() == [Array(repeating: "accepted", count: Self.repetitions), [], []])
    }

    /// Logs in many times, and counts where the logins have ended and as which user.
    private static func landings(
        _ count: Int,
        _ conninfo: String,
        _ issuer: TokenIssuer
    ) async throws -> [String: Int] {
        try await withThrowingTaskGroup(of: String.self) { group in
            var landings: [String: Int] = [:]
            for index in 0..<count {
                if index >= 17, let landing = try await group.next() { landings[landing, default: 0] += 1 }
                group.addTask { try await landing(conninfo, issuer) }
            }
            for try await landing in group { landings[landing, default: 0] += 1 }
            return landings
        }
    }

    private static func landing(_ conninfo: String, _ issuer: TokenIssuer) async throws -> String {
        let connection = try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare)
        let user = try await connection.value("select current_user") ?? ""
        let (host, port) = (connection.facts.host, connection.facts.port)
        #expect(connection.facts.tlsVersion != nil)
        await connection.close()
        return "\(host):\(port) as \(user)"
    }
}
