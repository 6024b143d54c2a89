import Synchronization

/// One event that somebody waits for.
final class PendingEvent: Sendable {
    let payload: [UInt8]
    /// Whether a token leaves even where this event is lost.
    let isBestEffortIssue: Bool
    /// When its waiter gives up, on the monotonic clock in nanoseconds.
    let deadline: Int64
    private let waiter: Mutex<CheckedContinuation<Void, any Error>?>

    init(
        payload: [UInt8],
        isBestEffortIssue: Bool,
        deadline: Int64,
        waiter: CheckedContinuation<Void, any Error>
    ) {
        self.payload = payload
        self.isBestEffortIssue = isBestEffortIssue
        self.deadline = deadline
        self.waiter = Mutex(waiter)
    }

    /// Tells the waiter, once: the first answer counts.
    func finish(_ result: Result<Void, any Error>) {
        let waiter = self.waiter.withLock { waiter in
            defer { waiter = nil }
            return waiter
        }
        waiter?.resume(with: result)
    }
}
