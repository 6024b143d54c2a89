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
