import Synchronization

/// Lets tasks through one at a time, in the order of their arrival.
final class Turns: Sendable {
    private struct State {
        var isTaken = false
        var lastID: UInt64 = 0
        var waiting: [(id: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
    }

    private let state = Mutex(State())

    /// Returns when it is the caller's turn, which lasts until ``end()``.
    ///
    /// - Throws: `CancellationError` where the task is cancelled before its turn comes.
    func begin() async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let granted = await withTaskCancellationHandler {
            await withCheckedContinuation { queue($0, as: id) }
        } onCancel: {
            withdraw(id)
        }
        guard granted else { throw CancellationError() }
    }

    /// Passes the turn on.
    func end() {
        let next = state.withLock { state in
            let next = state.waiting.first
            state.waiting = Array(state.waiting.dropFirst())
            state.isTaken = next != nil
            return next
        }
        next?.continuation.resume(returning: true)
    }

    private func queue(_ continuation: CheckedContinuation<Bool, Never>, as id: UInt64) {
        let granted: Bool? = state.withLock { state in
            // Cancelled before it was queued: `withdraw` found nothing, and will not come again.
            if Task.isCancelled { return false }
            guard state.isTaken else {
                state.isTaken = true
                return true
            }
            state.waiting.append((id, continuation))
            return nil
        }
        if let granted { continuation.resume(returning: granted) }
    }

    private func withdraw(_ id: UInt64) {
        let waiter = state.withLock { state in
            state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
        }
        waiter?.continuation.resume(returning: false)
    }
}
