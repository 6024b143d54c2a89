import Foundation

/// What a piece of work takes: seconds of the clock, and of all processors together.
struct Cost {
    var seconds = 0.0
    var cpu = 0.0

    /// The cost of one of `count` equal pieces.
    static func each(of count: Int, _ work: () async throws -> Void) async rethrows -> Cost {
        let start = now
        try await work()
        return since(start, count)
    }

    static func each(of count: Int, _ work: () throws -> Void) rethrows -> Cost {
        let start = now
        try work()
        return since(start, count)
    }

    private static func since(_ start: Cost, _ count: Int) -> Cost {
        let end = now
        let share = 1 / Double(count)
        return Cost(seconds: (end.seconds - start.seconds) * share, cpu: (end.cpu - start.cpu) * share)
    }

    private static var now: Cost { Cost(seconds: read(CLOCK_MONOTONIC), cpu: read(CLOCK_PROCESS_CPUTIME_ID)) }

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
