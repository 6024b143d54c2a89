import Foundation
import TokenAuditLog

/// Durable appends to a large log and to an empty one, turn by turn.
struct FlatBench {
    let path: String
    let rounds = 30
    let appends = 40

    func run() async throws {
        let empty = path + ".empty-" + UUID().uuidString
        defer { for suffix in ["", "-journal", ".ballast"] { unlink(empty + suffix) } }
        let large = try await AuditLog.open(path)
        let small = try await AuditLog.open(empty)
        print("\(try await AuditLogReader.open(path).head().sequence) rows")
        for tasks in [1, 16] {
            var ratios: [Double] = []
            var times: [Double] = []
            for round in 0..<rounds {
                let events = Workload.events(appends * tasks, from: round * 100_000 + tasks * 1000)
                let one = try await Cost.each(of: events.count) {
                    try await Workload.record(events, in: tasks, to: large)
                }
                let other = try await Cost.each(of: events.count) {
                    try await Workload.record(events, in: tasks, to: small)
                }
                ratios.append(one.seconds / other.seconds)
                times.append(one.seconds)
            }
            let middle = times.sorted()[rounds / 2]
            print("\(tasks) issuers: \(fixed(middle * 1e6, 1)) us, \(fixed(1 / middle, 0))/s; ", terminator: "")
            print("large / empty, median of rounds: \(fixed(ratios.sorted()[rounds / 2]))")
        }
        await large.close()
        await small.close()
    }
}
