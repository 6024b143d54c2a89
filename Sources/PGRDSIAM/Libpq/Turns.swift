import Synchronization

/// Lets tasks through one at a time, in the order of their arrival.
final class Turns: Sendable {
    private struct State {
        var isTaken = false
        var lastID: UInt64 = 0
        var waiting: [UInt64: CheckedContinuation<Bool, Never>] = [:]
        /// The waiting tasks in order, and among them some that have gone; those before `first` have had their turn.
        var order: [UInt64] = []
        var first = 0

        /// Takes the turn if nobody has it; whether it did.
        mutating func takeFree() -> Bool {
            defer { isTaken = true }
            return !isTaken
        }

        /// The task that has waited longest; those that went away before it are forgotten.
        mutating func takeFirst() -> CheckedContinuation<Bool, Never>? {
            while first < order.count {
                let id = order[first]
                first += 1
                if let continuation = waiting.removeValue(forKey: id) { return continuation }
            }
            order = []
            first = 0
            return nil
        }
    }

    private let state = Mutex(State())

    /// Returns when it is the caller's turn, which lasts until ``end()``.
    ///
    /// - Throws: `CancellationError` where the task is cancelled before its turn comes.
    func begin() async throws {
        try Task.checkCancellation()
        // Suspending would cost the caller its thread.
        if beginIfFree() { return }
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

    /// Takes the turn where nobody has it or waits for it; whether it did.
    func beginIfFree() -> Bool { state.withLock { $0.takeFree() } }

    /// Passes the turn on.
    func end() {
        let next = state.withLock { state in
            let next = state.takeFirst()
            state.isTaken = next != nil
            return next
        }
        next?.resume(returning: true)
    }

    private func queue(_ continuation: CheckedContinuation<Bool, Never>, as id: UInt64) {
        let granted: Bool? = state.withLock { state in
            // Cancelled before it was queued: `withdraw` found nothing, and will not come again.
            if Task.isCancelled { return false }
            if state.takeFree() { return true }
            state.waiting[id] = continuation
            state.order.append(id)
            return nil
        }
        if let granted { continuation.resume(returning: granted) }
    }

    private func withdraw(_ id: UInt64) {
        state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(returning: false)
    }
}
