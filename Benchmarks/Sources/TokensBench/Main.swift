import AuthTokens

/// Times the issuing of cached tokens and the registry's look-up beside a dictionary behind a lock, in the same run.
///
/// Rounds are interleaved and the quickest counts, so that a busy machine spoils none of the ratios. With the argument
/// `memory`, and a number of seconds, it watches the memory instead.
@main
enum TokensBench {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.first == "memory" { return try await MemoryRun.run(for: arguments.last.flatMap(Int.init) ?? 150) }
        let world = try await World()
        var lines = [
            Line("one look-up of a host name in a dictionary behind a lock (the peer)") { try await world.peer($0) },
            Line("registry: value(named:)", limit: 100) { try await world.look($0) },
            Line("registry: builtValue(named:)", limit: 100) { try await world.glance($0) },
            Line("cached token, generator without credentials", limit: 1000) { try await world.hand(out: $0, "plain") },
            Line("cached token, generator that compares credentials", limit: 1000) {
                try await world.hand(out: $0, "signing")
            },
            Line("cached token, RDS generator, credentials given", limit: 1000) {
                try await world.hand(out: $0, "rds-static")
            },
            Line("cached token, RDS generator, credentials cached and renewed", limit: 1000) {
                try await world.hand(out: $0, "rds")
            },
            Line("cached token, RDS generator, credentials named in the connection string") {
                try await world.named($0)
            },
            Line("cached token, audit required and re-use not recorded", limit: 1000) { try await world.audited($0) },
            Line("cached token, from two threads together", threads: 2, limit: 1000) {
                try await world.hand(out: $0, "signing")
            },
            Line("cached token, RDS generator, from two threads together", threads: 2, limit: 1000) {
                try await world.hand(out: $0, "rds")
            },
        ]
        for _ in 0..<400 {
            for index in lines.indices { try await lines[index].measure() }
        }
        let peer = lines[0].best
        for line in lines { line.print(peer: peer) }
    }
}

/// One thing that is timed.
struct Line {
    let name: String
    let threads: Int
    /// Nanoseconds for each, on each thread.
    let limit: Double?
    let work: @Sendable (Int) async throws -> Int
    private(set) var best = Double.infinity

    static let count = 5000

    init(
        _ name: String,
        threads: Int = 1,
        limit: Double? = nil,
        work: @escaping @Sendable (Int) async throws -> Int
    ) {
        self.name = name
        self.threads = threads
        self.limit = limit
        self.work = work
    }

    mutating func measure() async throws {
        let (work, threads) = (work, threads)
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<threads { group.addTask { try await work(Self.count) } }
            try await group.waitForAll()
        }
        let duration = (ContinuousClock.now - start).components
        let nanoseconds = Double(duration.seconds) * 1e9 + Double(duration.attoseconds) / 1e9
        best = min(best, nanoseconds / Double(Self.count))
    }

    func print(peer: Double) {
        let rate = Double(threads) / best * 1000
        let verdict = limit.map { best <= $0 ? "  within \(Int($0)) ns" : "  OVER \(Int($0)) ns" } ?? ""
        Swift.print(
            "\(rounded(best)) ns, \(rounded(rate)) million/s, \(rounded(best / peer)) x peer\(verdict): \(name)"
        )
    }

    private func rounded(_ number: Double) -> Double { (number * 10).rounded() / 10 }
}
