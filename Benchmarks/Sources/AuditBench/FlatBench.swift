import Foundation
import TokenAuditLog

/// Durable appends to a large log and to an empty one in turn.
///
/// If there is a copy of the large log to overwrite, the bare C program appends too, which shows how much of the time
/// is the disk's.
struct FlatBench {
    let path: String
    let copy: String?
    let rounds = 30
    let appends = 100

    /// A large file and an empty one, and who writes to them.
    private struct Pair<Writer> {
        let large: Writer
        let empty: Writer

        /// The cost of one append to each.
        func measure(
            _ count: Int,
            _ write: (Writer) async throws -> Void
        ) async rethrows -> (large: Double, empty: Double) {
            let one = try await Cost.each(of: count) { try await write(large) }
            let other = try await Cost.each(of: count) { try await write(empty) }
            return (one.seconds, other.seconds)
        }
    }

    func run() async throws {
        let empty = path + ".empty-" + UUID().uuidString
        defer { for suffix in ["", "-journal", ".reserve", "-peer", "-peer-journal"] { unlink(empty + suffix) } }
        let logs = Pair(large: try await AuditLog.open(path), empty: try await AuditLog.open(empty))
        let journal = Peer.journal(of: path)
        let peers = try copy.map {
            Pair(
                large: try Peer(path: $0, model: nil, journal: journal),
                empty: try Peer(path: empty + "-peer", model: empty, journal: journal)
            )
        }
        let reader = try await AuditLogReader.open(path)
        print("\(try await reader.head().sequence) rows")
        for tasks in [1, 16] {
            var samples: [(large: Double, empty: Double)] = []
            var peerSamples = samples
            for round in 0..<rounds {
                let events = Workload.events(appends * tasks, from: round * 100_000 + tasks * 10_000)
                samples.append(
                    try await logs.measure(events.count) { try await Workload.record(events, in: tasks, to: $0) }
                )
                guard let peers else { continue }
                let payloads = try await reader.page(limit: events.count).entries.map(\.payload)
                peerSamples.append(await peers.measure(events.count) { $0.insert(payloads, by: tasks) })
            }
            report("\(tasks) issuers", samples)
            if peers != nil { report("bare C, \(tasks) rows in a commit", peerSamples) }
        }
        await logs.large.close()
        await logs.empty.close()
    }

    private func report(_ name: String, _ samples: [(large: Double, empty: Double)]) {
        let large = samples.map(\.large).sorted()[samples.count / 2]
        let ratios = samples.map { $0.large / $0.empty }.sorted()
        let sums = samples.reduce((0.0, 0.0)) { ($0.0 + $1.large, $0.1 + $1.empty) }
        print("\(name): \(fixed(large * 1e6, 1)) us, \(fixed(1 / large, 0))/s; ", terminator: "")
        print(
            "large / empty: median of rounds \(fixed(ratios[ratios.count / 2])), of all together \(fixed(sums.0 / sums.1))"
        )
    }
}
