/// What a task waits for: a socket that can be read or written, or a deadline.
struct SocketEvent: Sendable {
    /// What deadlines count from: a duration is cheaper to store and to compare than an instant.
    private static let epoch = ContinuousClock.now

    /// `POLLIN`, `POLLOUT`.
    let events: Int16
    let socket: Int32
    /// When the wait ends at the latest, or `nil` for never.
    private let end: Duration?

    init(_ events: some BinaryInteger, on socket: Int32, until deadline: ContinuousClock.Instant? = nil) {
        self.events = Int16(truncatingIfNeeded: events)
        self.socket = socket
        end = deadline.map { $0 - Self.epoch }
    }

    var isOverdue: Bool { timeLeft.map { $0 <= .zero } ?? false }

    /// The time until the deadline, or `nil` if there is none.
    var timeLeft: Duration? { end.map { $0 - (.now - Self.epoch) } }
}

/// Work with several waits in it, through which the task that asked for it sleeps.
protocol SocketWork: AnyObject, Sendable {
    /// Goes on after a wait; called on the loop's thread.
    ///
    /// - Returns: What to wait for next, or `nil` if nothing is left to wait for.
    func goOn() -> SocketEvent?
}

/// One task's wait, and the work that goes on after it.
///
/// Sharing it is safe: what changes in it is touched under its loop's lock alone, except the event, which only the
/// loop's thread touches once the wait has begun.
final class SocketWait: @unchecked Sendable {
    let work: (any SocketWork)?
    var event: SocketEvent
    /// The task to resume; `nil` before the wait has begun and after it has ended.
    var continuation: CheckedContinuation<EventLoop.Outcome, Never>?
    /// Whether its socket is among those the loop watches: not while its work goes on.
    var isWatched = false
    var isCanceled = false

    init(_ event: SocketEvent, _ work: (any SocketWork)?) {
        self.event = event
        self.work = work
    }

    /// Takes out the task to resume, so that it is resumed once.
    func takeContinuation() -> CheckedContinuation<EventLoop.Outcome, Never>? {
        defer { continuation = nil }
        return continuation
    }
}
