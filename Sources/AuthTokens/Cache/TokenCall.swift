import RDSIAMBasics
import Synchronization

/// An in-flight call of a generator, and the callers that wait for its end.
///
/// A caller that is canceled leaves the call to the others.
final class TokenCall: Sendable {
    typealias Outcome = Result<IssuedToken, any Error>

    /// How long the call is put off after earlier ones have failed.
    let delay: Duration
    private let promise = Promise<IssuedToken>()
    private let work = Mutex<Task<Void, Never>?>(nil)
    private let isClaimed = Atomic(false)

    init(after delay: Duration) {
        self.delay = delay
    }

    /// Returns whether the caller is the one to end the call: the work or its timeout, whichever comes first.
    func claim() -> Bool {
        !isClaimed.exchange(true, ordering: .acquiringAndReleasing)
    }

    /// Waits for the end.
    ///
    /// - Throws: What the call throws; `CancellationError` if the waiting task is canceled.
    func value() async throws -> IssuedToken {
        try await promise.value()
    }

    /// Stores the task that does the work, which ``settle(_:)`` cancels if it still runs.
    func attach(_ task: Task<Void, Never>) {
        work.withLock { $0 = task }
        if promise.result != nil { task.cancel() }
    }

    /// Ends the call for all who wait, once, after ``claim()``.
    func settle(_ outcome: Outcome) {
        promise.settle(outcome)
        work.withLock { $0 }?.cancel()
    }
}

/// How long a generator that failed is not called again.
struct BackOff: Sendable {
    private var failures = 0
    private var pause = Duration.zero
    private var end = Duration.zero

    /// Returns how long to wait, never longer than a pause even if the clock has gone back.
    func remaining(at uptime: Duration) -> Duration {
        failures == 0 ? .zero : min(pause, max(.zero, end - uptime))
    }

    mutating func succeed() {
        failures = 0
    }

    /// - Parameter uptime: When the failure came.
    mutating func fail(at uptime: Duration, options: TokenCacheOptions) {
        // A generator that has not failed for long starts with the first step.
        if uptime > end + options.longestBackOff * 4 { failures = 0 }
        failures += 1
        pause = min(options.backOff * (1 << min(failures - 1, 20)), options.longestBackOff)
        end = uptime + pause
    }
}

/// The timeouts of all in-flight calls, for which one task sleeps.
///
/// Not one sleep for each call: a sleep that is canceled stays in memory until the time it was meant to end.
final class Timeouts: Sendable {
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

    private let clock: TokenClock
    private let table = Mutex(Table())

    init(clock: TokenClock) {
        self.clock = clock
    }

    /// Begins a timeout, after which `expire` is called unless ``stop(_:)`` was.
    func start(after duration: Duration, _ expire: @escaping @Sendable () -> Void) -> UInt64 {
        let end = clock.elapsed() + duration.clampedSpan
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
    func stop(_ id: UInt64) {
        table.withLock { _ = $0.timeouts.removeValue(forKey: id) }
    }

    private func sleep(until end: Duration) async {
        var next: Duration? = end
        while let wake = next {
            do { try await clock.wait(for: wake - clock.elapsed()) } catch { return }
            let due = table.withLock { table -> [Timeout] in
                next = nil
                guard table.wake == wake else { return [] }
                let due = table.timeouts.filter { $0.value.end <= wake }
                for id in due.keys { table.timeouts[id] = nil }
                next = table.timeouts.values.map(\.end).min()
                table.wake = next
                return Array(due.values)
            }
            for timeout in due { timeout.expire() }
        }
    }
}
