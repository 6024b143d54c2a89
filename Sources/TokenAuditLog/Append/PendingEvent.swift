import Synchronization

/// One event whose caller waits for it.
final class PendingEvent: Sendable {
    let payload: [UInt8]
    /// Whether a token leaves even if this event is lost.
    let isBestEffortIssue: Bool
    /// When it gives up waiting for another process's lock, on a clock that stops while the computer sleeps.
    let lockDeadline: SuspendingClock.Instant
    /// When its waiter gives up on the disk itself.
    let deadline: SuspendingClock.Instant
    private let waiter: Mutex<CheckedContinuation<Void, any Error>?>

    init(payload: [UInt8], isBestEffortIssue: Bool, timeout: Duration, waiter: CheckedContinuation<Void, any Error>) {
        self.payload = payload
        self.isBestEffortIssue = isBestEffortIssue
        let now = SuspendingClock.now
        self.lockDeadline = now + timeout / 4 * 3
        self.deadline = now + timeout
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
