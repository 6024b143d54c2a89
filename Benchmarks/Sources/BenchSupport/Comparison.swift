import CAllocations

/// Two ways to do one thing, timed turn by turn in one run so that both meet the same noise.
public struct Comparison {
    private let name: String
    private let repetitions: Int
    private let ours: () -> Void
    private let peer: () -> Void

    /// Creates a comparison.
    /// - Parameters:
    ///   - name: what is done, for the table.
    ///   - repetitions: how often it is done in one round: enough for a round of some tenths of a millisecond.
    ///   - ours: does it once with this package.
    ///   - peer: does it once with the peer.
    public init(
        _ name: String,
        repetitions: Int,
        ours: @escaping () -> Void,
        peer: @escaping () -> Void
    ) {
        self.name = name
        self.repetitions = repetitions
        self.ours = ours
        self.peer = peer
    }

    /// Measures both, turn by turn.
    public func measure(rounds: Int = 200) -> ComparisonResult {
        var oursSamples: [Double] = []
        var peerSamples: [Double] = []
        for _ in 0..<rounds {
            oursSamples.append(time(ours))
            peerSamples.append(time(peer))
        }
        return ComparisonResult(
            name: name,
            ours: Samples(oursSamples, allocations: allocations(ours)),
            peer: Samples(peerSamples, allocations: allocations(peer))
        )
    }

    /// Nanoseconds for doing it once.
    private func time(_ work: () -> Void) -> Double {
        let start = ContinuousClock.now
        for _ in 0..<repetitions { work() }
        let parts = start.duration(to: .now).components
        return (Double(parts.seconds) * 1e9 + Double(parts.attoseconds) / 1e9) / Double(repetitions)
    }

    private func allocations(_ work: () -> Void) -> Int {
        let before = allocations_count()
        work()
        return Int(allocations_count() - before)
    }
}

/// The rounds of one side.
public struct Samples {
    /// The fastest round, in nanoseconds for doing it once: the most repeatable figure on a busy machine.
    public let minimum: Double
    /// The round in the middle, in nanoseconds for doing it once.
    public let median: Double
    /// Blocks allocated for doing it once, if they can be counted.
    public let allocations: Int

    init(_ samples: [Double], allocations: Int) {
        let sorted = samples.sorted()
        minimum = sorted.first ?? 0
        median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        self.allocations = allocations
    }
}

/// Keeps the optimizer from dropping work whose result is not read.
@inline(never)
public func keep<Value>(_ value: borrowing Value) {}
