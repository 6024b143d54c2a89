import AuthTokens
import CLibpqPeer
import Dispatch
import Foundation
import PGConninfo
import PGRDSIAM

/// Opens connections through bare libpq with a ready password, through bare libpq on a thread that the task waits for without
/// blocking its own, and through PGRDSIAM with the same password as a cached token, in turn; prints wall and CPU time for each.
///
/// The second is what any way of connecting costs that blocks no thread of Swift's pool.
@main
enum ConnectBench {
    static func main() async throws {
        let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 2000
        let server = try Server.fromEnvironment()
        let issuer = TokenIssuer(generators: PGRDSIAM.generators)
        let token = try await token(server, issuer)
        let bare = server.conninfo + " sslmode=require gssencmode=disable password='\(token)'"
        let ours = server.conninfo + " sslmode=require aws_rds_iam_auth_token_generator=default"
        try warmUp(bare)
        let worker = Worker()
        var (peer, handedOver, own) = (Cost(), Cost(), Cost())
        for _ in 0..<count {
            try await peer.add { try open(bare) }
            try await handedOver.add { try await worker.run { try open(bare) } }
            try await own.add { await (try PGRDSIAM.connect(ours, issuer: issuer)).close() }
        }
        report(count, peer, handedOver, own)
    }

    private static func token(_ server: Server, _ issuer: TokenIssuer) async throws -> String {
        let conninfo = try Conninfo.parse(
            server.conninfo + " aws_rds_iam_auth_token_generator=default",
            dialect: .linked,
            extensions: .rdsIAM
        )
        guard let issued = try await PGRDSIAM.token(for: conninfo, issuer: issuer) else { throw Failure("no token") }
        return issued.token.value
    }

    private static func warmUp(_ conninfo: String) throws {
        for _ in 0..<20 { try open(conninfo) }
    }

    private static func open(_ conninfo: String) throws {
        let connection = PQconnectdb(conninfo)
        defer { PQfinish(connection) }
        guard PQstatus(connection) == CONNECTION_OK else { throw Failure("bare libpq did not connect") }
    }

    private static func report(_ count: Int, _ peer: Cost, _ handedOver: Cost, _ own: Cost) {
        func line(_ name: String, _ cost: Cost) -> String {
            let wall = (cost.wall / Double(count) * 1e6).rounded()
            let cpu = (cost.processor / Double(count) * 1e6).rounded()
            return "\(name)\twall \(Int(wall)) us\tmedian \(Int((cost.median * 1e6).rounded())) us\tCPU \(Int(cpu)) us"
        }
        print("\(count) connections each, in turn")
        print(line("libpq, ready password", peer))
        print(line("the same, on another thread", handedOver))
        print(line("PGRDSIAM, cached token", own))
        for (name, peer) in [("libpq", peer), ("libpq on another thread", handedOver)] {
            let added = (own.processor - peer.processor) / Double(count) * 1e6
            print(
                "beside \(name): wall mean \(ratio(own.wall, peer.wall)), median \(ratio(own.median, peer.median)),",
                "added CPU \(Int(added.rounded())) us"
            )
        }
    }

    private static func ratio(_ own: Double, _ peer: Double) -> String {
        String(format: "%.3f", own / peer)
    }
}

/// Where to connect: what `Fixtures/rds-lookalike/start --write-env` writes.
struct Server {
    let conninfo: String

    static func fromEnvironment() throws -> Server {
        let environment = ProcessInfo.processInfo.environment
        guard let host = environment["RDS_LOOKALIKE_HOST"], let port = environment["RDS_LOOKALIKE_PORT"] else {
            throw Failure("start it with `bin/bench connect`, which starts the server")
        }
        return Server(conninfo: "host=\(host) hostaddr=127.0.0.1 port=\(port) user=bench dbname=postgres")
    }
}

/// Time spent on one side.
struct Cost {
    private(set) var processor = 0.0
    private var walls: [Double] = []

    var wall: Double { walls.reduce(0, +) }
    var median: Double { walls.sorted()[walls.count / 2] }

    /// Measures `work`, once the server has had time to be done with the connection before.
    mutating func add(_ work: @Sendable () async throws -> Void) async throws {
        usleep(8000)
        let (start, used) = (ContinuousClock.now, Self.processorSeconds)
        try await work()
        processor += Self.processorSeconds - used
        walls.append((ContinuousClock.now - start) / .seconds(1))
    }

    /// Of all threads of this process.
    private static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// A thread that takes one piece of work at a time.
final class Worker: Sendable {
    private let queue = DispatchQueue(label: "worker")

    func run(_ work: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work() }) }
        }
    }
}

/// Why there is nothing to print.
struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
