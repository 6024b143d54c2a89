import Foundation

/// Repeated rounds of one piece of work, done by several tasks at once.
struct Rounds: CustomStringConvertible {
    /// Nanoseconds for one read: a task's share of the wall time, and of the processor time, which other programs
    /// disturb less.
    private var wall: [Double] = []
    private var processor: [Double] = []

    var description: String {
        "\(Int(wall.first ?? 0)) / \(Int(wall.isEmpty ? 0 : wall[wall.count / 2])) (processor \(Int(processor.first ?? 0)))"
    }

    /// Processor time as a share of the peer's.
    func ratio(to peer: Rounds) -> String { "\(Int((processor.first ?? 0) / (peer.processor.first ?? 1) * 100)) %" }

    /// Measures.
    ///
    /// - Parameters:
    ///   - tasks: How many tasks read at once.
    ///   - reads: How often each reads in a round.
    ///   - work: Does so many reads.
    static func measure(
        tasks: Int,
        reads: Int = 20_000,
        rounds: Int = 51,
        _ work: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> Rounds {
        var found = Rounds()
        for _ in 0..<rounds {
            let start = (ContinuousClock.now, clock())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<tasks { group.addTask { try await work(reads) } }
                try await group.waitForAll()
            }
            let count = Double(reads * tasks)
            found.wall.append((ContinuousClock.now - start.0) / .nanoseconds(1) / count)
            found.processor.append(Double(clock() - start.1) * 1_000 / count)
        }
        found.wall.sort()
        found.processor.sort()
        return found
    }
}
