import Synchronization

/// A token that has just been made.
struct MadeToken: Sendable {
    let issue: Issue
    /// Whose it is; nil where that changed while it was made.
    let identity: SigningIdentity?
}

/// One call of a generator and all who wait for its end.
///
/// It belongs to nobody: a caller who gives up leaves it to the others.
final class Flight: Sendable {
    typealias Outcome = Result<MadeToken, any Error>

    private struct State {
        var outcome: Outcome?
        var waiting: [UInt64: CheckedContinuation<MadeToken, any Error>] = [:]
        var lastTicket: UInt64 = 0
        var work: Task<Void, Never>?
        var isClaimed = false
    }

    /// Whose token it is to make; nil where the first caller did not know.
    let identity: SigningIdentity?
    private let state = Mutex(State())

    init(identity: SigningIdentity?) {
        self.identity = identity
    }

    /// Whether the caller is the one to end the flight: the work or its time limit, whichever comes first.
    func claim() -> Bool {
        state.withLock { state in
            defer { state.isClaimed = true }
            return !state.isClaimed
        }
    }

    /// Waits for the end, or for the caller's own.
    func value() async throws -> MadeToken {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wait(ticket, $0) }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume(throwing: CancellationError())
        }
    }

    /// Keeps the task that does the work, which ``settle(_:)`` ends where it has not ended by itself.
    func attach(_ work: Task<Void, Never>) {
        let isLate = state.withLock { state in
            state.work = work
            return state.outcome != nil
        }
        if isLate { work.cancel() }
    }

    /// Lets everybody go, once, after ``claim()``.
    func settle(_ outcome: Outcome) {
        let (waiting, work) = state.withLock { state in
            state.outcome = outcome
            defer { state.waiting = [:] }
            return (state.waiting, state.work)
        }
        work?.cancel()
        for continuation in waiting.values { continuation.resume(with: outcome) }
    }

    private func wait(_ ticket: UInt64, _ continuation: CheckedContinuation<MadeToken, any Error>) {
        let outcome: Outcome? = state.withLock { state in
            if let outcome = state.outcome { return outcome }
            if Task.isCancelled { return .failure(CancellationError()) }
            state.waiting[ticket] = continuation
            return nil
        }
        if let outcome { continuation.resume(with: outcome) }
    }
}
