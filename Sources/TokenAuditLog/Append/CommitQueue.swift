import Synchronization

/// Events on their way to the disk.
///
/// Whoever commits takes all that wait, so that concurrent issuers share one commit.
final class CommitQueue: Sendable {
    private struct State {
        var waiting: [PendingEvent] = []
        var inFlight: [PendingEvent] = []
        var isDraining = false
        var isClosed = false
    }

    private let state = Mutex(State())

    /// What whoever adds an event must do.
    enum Duty { case none, drain, refuse }

    func add(_ event: PendingEvent) -> Duty {
        state.withLock { state in
            if state.isClosed { return .refuse }
            state.waiting.append(event)
            if state.isDraining { return .none }
            state.isDraining = true
            return .drain
        }
    }

    /// When the first of the waiting events gives up; nil, and nobody drains any more, where none waits.
    func firstDeadline() -> Int64? {
        state.withLock { state in
            let events = state.inFlight + state.waiting
            guard let first = events.map(\.deadline).min() else {
                state.isDraining = false
                return nil
            }
            return first
        }
    }

    /// Takes up to `limit` waiting events into the transaction that is open.
    func take(_ limit: Int) -> [PendingEvent] {
        state.withLock { state in
            let taken = Array(state.waiting.prefix(limit))
            state.waiting.removeFirst(taken.count)
            state.inFlight += taken
            return taken
        }
    }

    /// The transaction has ended: these events are stored, or failed, for good.
    func takeInFlight() -> [PendingEvent] {
        state.withLock { state in
            defer { state.inFlight = [] }
            return state.inFlight
        }
    }

    /// The transaction was undone: its events wait again, first in line.
    func putBack() {
        state.withLock { state in
            state.waiting = state.inFlight + state.waiting
            state.inFlight = []
        }
    }

    /// Takes out the waiting events whose time is over.
    func takeOverdue(at now: Int64) -> [PendingEvent] {
        state.withLock { state in
            let overdue = state.waiting.filter { $0.deadline <= now }
            state.waiting.removeAll { $0.deadline <= now }
            return overdue
        }
    }

    /// All events whose time is over, waiting or in flight; they stay where they are.
    ///
    /// And whether any are left at all.
    func overdue(at now: Int64) -> (events: [PendingEvent], isEmpty: Bool) {
        state.withLock { state in
            let events = state.inFlight + state.waiting
            return (events.filter { $0.deadline <= now }, events.isEmpty)
        }
    }

    func close() { state.withLock { $0.isClosed = true } }
}
