/// What a task waits for.
struct SocketCondition: Sendable {
    /// What deadlines count from: a span is cheaper to keep and to compare than an instant.
    private static let epoch = ContinuousClock.now

    /// `POLLIN`, `POLLOUT`.
    let events: Int16
    let socket: Int32
    /// When to wait no longer; nil for never.
    private let end: Duration?

    init(_ events: some BinaryInteger, on socket: Int32, until deadline: ContinuousClock.Instant? = nil) {
        self.events = Int16(truncatingIfNeeded: events)
        self.socket = socket
        end = deadline.map { $0 - Self.epoch }
    }

    var isOverdue: Bool { timeLeft.map { $0 <= .zero } ?? false }

    /// The time left; nil where it is not limited.
    var timeLeft: Duration? { end.map { $0 - (.now - Self.epoch) } }
}

/// Work with several waits in it, which the task that asked for it sleeps through.
protocol SocketWork: AnyObject, Sendable {
    /// Goes on after a wait; called on the loop's thread.
    ///
    /// - Returns: What to wait for next; nil where nothing is left to wait for.
    func goOn() -> SocketCondition?
}

/// One task's wait, and the work that goes on with it.
///
/// Sharing it is safe: what changes in it is touched under its loop's lock alone, but for the condition, which nobody but the
/// loop's thread touches once the wait has begun.
final class SocketWait: @unchecked Sendable {
    let work: (any SocketWork)?
    var condition: SocketCondition
    /// Whom to resume; nil before the wait has begun and after it has ended.
    var continuation: CheckedContinuation<SocketLoop.Outcome, Never>?
    /// Whether its socket is among those the loop watches: not while its work goes on.
    var isWatched = false
    var isCancelled = false

    init(_ condition: SocketCondition, _ work: (any SocketWork)?) {
        self.condition = condition
        self.work = work
    }

    /// Takes out whom to resume; nobody else will find it.
    func takeContinuation() -> CheckedContinuation<SocketLoop.Outcome, Never>? {
        defer { continuation = nil }
        return continuation
    }
}
