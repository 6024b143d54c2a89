import RDSIAMBasics
import Synchronization

/// Lets tasks through one at a time, in the order of their arrival.
final class Turns: Sendable {
    private let isTaken = Mutex(false)
    private let waiting = WaitingTasks<Void>()

    /// Returns when it is the caller's turn, which lasts until ``end()``.
    ///
    /// - Throws: `CancellationError` if the task is canceled before its turn comes.
    func begin() async throws {
        try Task.checkCancellation()
        // Suspending would cost the caller its thread.
        if beginIfFree() { return }
        try await waiting.wait { beginIfFree() ? () : nil }
    }

    /// Takes the turn if no task has it.
    ///
    /// - Returns: Whether it is now the caller's.
    func beginIfFree() -> Bool {
        isTaken.withLock { isTaken in
            defer { isTaken = true }
            return !isTaken
        }
    }

    /// Passes the turn on.
    func end() {
        waiting.resumeFirst(with: .success(())) { isTaken.withLock { $0 = false } }
    }
}
