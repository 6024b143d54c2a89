import AuthTokens
import CLibpqPeer
import Dispatch
import Foundation
import PGConninfo
import PGRDSIAM

/// Opens connections in three ways, in turn, and prints wall and CPU time for each, of opening alone and with closing.
///
/// The three are: bare libpq with a ready password; bare libpq on another thread, for which the task waits without
/// blocking its own; PGRDSIAM with the same password as a cached token.
///
/// Then it reads many rows with bare libpq and with LibpqClient. `connect_peers.py` opens connections with other
/// clients.
///
/// The second is what any way of connecting costs that blocks no thread of Swift's pool.
@main
enum ConnectBench {
    static func main() async throws {
        let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 2000
        let server = try Server.fromEnvironment()
        let issuer = TokenIssuer(generators: RDSIAM.generators)
        let token = try await token(server, issuer)
        let bare = server.conninfo + " sslmode=require gssencmode=disable password='\(token)'"
        let ours = server.conninfo + " sslmode=require aws_rds_iam_auth_token_generator=default"
        try warmUp(bare)
        // As a program does that opens many, and then in the worst order: each after another client's code.
        for block in [50, 1] {
            var costs = Costs()
            for _ in 0..<count / block {
                try await costs.add(block, bare: bare, ours: ours, issuer)
            }
            print("\n\(count / block * block) connections each, in turns of \(block)")
            report("opening", costs.peer.opening, costs.handedOver.opening, costs.own.opening)
            report("opening and closing", costs.peer.both, costs.handedOver.both, costs.own.both)
        }
        let connection = try await RDSIAM.connect(ours, issuer: issuer)
        try await RowsBench(conninfo: bare, connection: connection).run()
    }

    private static func token(_ server: Server, _ issuer: TokenIssuer) async throws -> String {
        let conninfo = server.conninfo + " aws_rds_iam_auth_token_generator=default"
        guard let issued = try await RDSIAM.token(for: conninfo, issuer: issuer) else { throw Failure("no token") }
        return issued.token.value
    }

    private static func warmUp(_ conninfo: String) throws {
        for _ in 0..<20 { try Bare(conninfo).finish() }
    }

    private static func report(_ what: String, _ peer: Samples, _ handedOver: Samples, _ own: Samples) {
        print("\n\(what)")
        for (name, samples) in [("libpq", peer), ("libpq on another thread", handedOver), ("PGRDSIAM", own)] {
            let figures = [samples.wall, samples.median, samples.processor].map { String(Int(($0 * 1e6).rounded())) }
            print("\(name)\twall \(figures[0]) us\tmedian \(figures[1]) us\tCPU \(figures[2]) us")
        }
        for (name, peer) in [("libpq", peer), ("libpq on another thread", handedOver)] {
            let added = Int(((own.processor - peer.processor) * 1e6).rounded())
            let (mean, median) = (ratio(own.wall, peer.wall), ratio(own.median, peer.median))
            print("PGRDSIAM beside \(name): wall mean \(mean), median \(median), added CPU \(added) us")
        }
    }

    private static func ratio(_ own: Double, _ peer: Double) -> String {
        String(format: "%.3f", own / peer)
    }
}

/// What opening and closing connections costs in the three ways.
struct Costs {
    private let worker = Worker()
    private(set) var peer = Cost()
    private(set) var handedOver = Cost()
    private(set) var own = Cost()

    /// Opens and closes as many connections in one way after the other.
    mutating func add(_ count: Int, bare: String, ours: String, _ issuer: TokenIssuer) async throws {
        for _ in 0..<count {
            try await peer.add {
                try Bare(bare)
            } closing: {
                $0.finish()
            }
        }
        for _ in 0..<count {
            try await handedOver.add { [worker] in
                try await worker.run { try Bare(bare) }
            } closing: { [worker] connection in
                try await worker.run { connection.finish() }
            }
        }
        for _ in 0..<count {
            try await own.add {
                try await RDSIAM.connect(ours, issuer: issuer)
            } closing: {
                await $0.close()
            }
        }
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

/// A connection of bare libpq.
struct Bare: @unchecked Sendable {
    // One thread uses it at a time: it is opened and closed in turn.
    let connection: OpaquePointer?

    init(_ conninfo: String) throws {
        connection = PQconnectdb(conninfo)
        guard PQstatus(connection) == CONNECTION_OK else { throw Failure("bare libpq did not connect") }
    }

    func finish() { PQfinish(connection) }
}

/// Seconds of the clock, and of all processors.
struct Samples {
    private var walls: [Double] = []
    private var processors: [Double] = []

    var wall: Double { walls.reduce(0, +) / Double(walls.count) }
    var median: Double { walls.sorted()[walls.count / 2] }
    var processor: Double { processors.reduce(0, +) / Double(processors.count) }

    mutating func add(_ start: Moment, _ end: Moment) {
        walls.append(end.wall - start.wall)
        processors.append(end.processor - start.processor)
    }
}

/// What the clocks say.
struct Moment {
    let wall = Self.read(CLOCK_MONOTONIC)
    /// Of all threads of this process.
    let processor = Self.read(CLOCK_PROCESS_CPUTIME_ID)

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// What one side spends.
struct Cost {
    private(set) var opening = Samples()
    private(set) var both = Samples()

    /// Measures a connection, once the server has had time to be done with the one before.
    mutating func add<Connection: Sendable>(
        _ open: @Sendable () async throws -> Connection,
        closing close: @Sendable (Connection) async throws -> Void
    ) async throws {
        usleep(8000)
        let start = Moment()
        let connection = try await open()
        opening.add(start, Moment())
        try await close(connection)
        both.add(start, Moment())
    }
}

/// A thread that takes one piece of work at a time.
final class Worker: Sendable {
    private let queue = DispatchQueue(label: "worker")

    func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
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
