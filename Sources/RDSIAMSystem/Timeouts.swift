import Synchronization

/// Timeouts for which one task sleeps.
///
/// Not one sleep for each: a sleep that is canceled stays in memory until the time it was meant to end, so that a
/// program that begins a hundred in a second, each of 30 seconds, would have thousands of them.
package final class Timeouts: Sendable {
    private struct Timeout {
        let end: Duration
        let expire: @Sendable () -> Void
    }

    private struct Table {
        var timeouts: [UInt64: Timeout] = [:]
        var lastID: UInt64 = 0
        /// When the task wakes that sleeps, or `nil` if none does.
        ///
        /// Those that wake at other times have been replaced.
        var wake: Duration?
    }

    /// Those that all of the process shares, on the machine's monotonic clock.
    package static let shared = Timeouts(
        elapsed: { [start = ContinuousClock.now] in ContinuousClock.now - start },
        wait: { try await Task.sleep(for: $0) }
    )

    private let elapsed: @Sendable () -> Duration
    private let wait: @Sendable (Duration) async throws -> Void
    private let table = Mutex(Table())

    /// - Parameters:
    ///   - elapsed: The time since some fixed moment.
    ///   - wait: Waits for a time, which may be negative.
    package init(
        elapsed: @escaping @Sendable () -> Duration,
        wait: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.elapsed = elapsed
        self.wait = wait
    }

    /// How many have begun and have neither ended nor been stopped.
    package var count: Int { table.withLock { $0.timeouts.count } }

    /// Begins a timeout, after which `expire` is called unless ``stop(_:)`` was.
    ///
    /// - Parameter duration: A hundred years at most.
    package func start(after duration: Duration, _ expire: @escaping @Sendable () -> Void) -> UInt64 {
        let end = elapsed() + duration
        let (id, isFirst) = table.withLock { table in
            table.lastID += 1
            table.timeouts[table.lastID] = Timeout(end: end, expire: expire)
            let isFirst = table.wake.map { end < $0 } ?? true
            if isFirst { table.wake = end }
            return (table.lastID, isFirst)
        }
        if isFirst { Task { await sleep(until: end) } }
        return id
    }

    /// Ends a timeout.
    package func stop(_ id: UInt64) {
        table.withLock { _ = $0.timeouts.removeValue(forKey: id) }
    }

    private func sleep(until end: Duration) async {
        var next: Duration? = end
        while let moment = next {
            do { try await wait(moment - elapsed()) } catch { return }
            let due = table.withLock { table -> [Timeout] in
                next = nil
                guard table.wake == moment else { return [] }
                let due = table.timeouts.filter { $0.value.end <= moment }
                for id in due.keys { table.timeouts[id] = nil }
                next = table.timeouts.values.map(\.end).min()
                table.wake = next
                return Array(due.values)
            }
            for timeout in due { timeout.expire() }
        }
    }
}
