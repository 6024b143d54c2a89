import Synchronization

/// Events on their way to the disk.
///
/// A commit takes all that wait, so that concurrent issuers share it.
final class CommitQueue: Sendable {
    private struct State {
        var waiting: [PendingEvent] = []
        var inFlight: [PendingEvent] = []
        var lost = LostEvents()
        var isDraining = false
        var isWatched = false
        var isClosed = false
    }

    private let state = Mutex(State())

    /// What the caller that adds an event must start.
    struct Admission {
        /// The queue is closed, and the event is not in it.
        var isRefused = false
        var startsWriter = false
        var startsTimer = false
    }

    func add(_ event: PendingEvent) -> Admission {
        state.withLock { state in
            if state.isClosed { return Admission(isRefused: true) }
            state.waiting.append(event)
            defer { (state.isDraining, state.isWatched) = (true, true) }
            return Admission(startsWriter: !state.isDraining, startsTimer: !state.isWatched)
        }
    }

    /// When the first event gives up waiting for the lock; `nil` if there is no event, and the writer is done.
    func firstDeadline() -> SuspendingClock.Instant? {
        state.withLock { state in
            if let first = state.waiting.map(\.lockDeadline).min() { return first }
            state.isDraining = false
            return nil
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

    /// Takes out the events of the transaction, which is durable.
    func takeInFlight() -> [PendingEvent] {
        state.withLock { state in
            defer { state.inFlight = [] }
            return state.inFlight
        }
    }

    /// The log itself now says that these were lost.
    func settle(_ recorded: LostEvents) { state.withLock { $0.lost.subtract(recorded) } }

    /// The transaction was undone: its events wait again, first in line.
    func putBack() {
        state.withLock { state in
            state.waiting = state.inFlight + state.waiting
            state.inFlight = []
        }
    }

    /// Gives waiting events up, and counts them.
    func abandon(where isHopeless: (PendingEvent) -> Bool) -> [PendingEvent] {
        state.withLock { state in
            let abandoned = state.waiting.filter(isHopeless)
            state.waiting.removeAll(where: isHopeless)
            for event in abandoned { state.lost.count(isBestEffortIssue: event.isBestEffortIssue) }
            return abandoned
        }
    }

    /// Counts an event that cannot be stored at all.
    func refuse(isBestEffortIssue: Bool) {
        state.withLock { $0.lost.count(isBestEffortIssue: isBestEffortIssue) }
    }

    /// Events in flight whose waiters have waited long enough.
    ///
    /// They stay: the disk may yet take them.
    func overdueInFlight(at now: SuspendingClock.Instant) -> [PendingEvent] {
        state.withLock { $0.inFlight.filter { $0.deadline <= now } }
    }

    /// Whether no event waits or is being written.
    var isIdle: Bool { state.withLock { $0.waiting.isEmpty && $0.inFlight.isEmpty } }

    /// Whether events are left whose time can run out; if not, the timer is done.
    func keepsWatch() -> Bool {
        state.withLock { state in
            state.isWatched = !(state.waiting.isEmpty && state.inFlight.isEmpty)
            return state.isWatched
        }
    }

    /// What has been lost and is not yet recorded.
    var lost: LostEvents { state.withLock { $0.lost } }

    func close() { state.withLock { $0.isClosed = true } }
}
