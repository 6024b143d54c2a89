import Synchronization

/// Tasks that wait for somebody else's work.
final class Waiters<Outcome: Sendable>: Sendable {
    private struct Table: Sendable {
        var waiting: [UInt64: CheckedContinuation<Outcome?, Never>] = [:]
        var next: UInt64 = 0
    }

    private let table = Mutex(Table())

    /// Waits for ``release(_:)``.
    ///
    /// - Parameter isStillNeeded: Whether the work still goes on; asked under the lock, so that its end cannot be missed.
    /// - Returns: What was released; nil where the work had ended already or the task was cancelled.
    func wait(isStillNeeded: () -> Bool) async -> Outcome? {
        let ticket = table.withLock { table in
            table.next += 1
            return table.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = table.withLock { table in
                    guard !Task.isCancelled, isStillNeeded() else { return false }
                    table.waiting[ticket] = continuation
                    return true
                }
                if !mustWait { continuation.resume(returning: nil) }
            }
        } onCancel: {
            table.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume(returning: nil)
        }
    }

    /// Lets everybody go who waits.
    func release(_ outcome: Outcome) {
        let waiting = table.withLock { table in
            defer { table.waiting = [:] }
            return table.waiting
        }
        for continuation in waiting.values { continuation.resume(returning: outcome) }
    }
}
