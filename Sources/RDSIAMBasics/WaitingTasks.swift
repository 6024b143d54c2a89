import Synchronization

/// Tasks that wait for a value which other code supplies.
///
/// A task that is canceled stops waiting at once and throws `CancellationError`; the others are not disturbed.
/// Whether a task must wait at all is decided under this table's lock, so a value that arrives at the same moment is
/// never missed:
///
/// ```swift
/// let value = try await waiting.wait { state.withLock { $0.value } }
/// …
/// state.withLock { $0.value = value }
/// waiting.resumeAll(with: .success(value))
/// ```
package final class WaitingTasks<Value: Sendable>: Sendable {
    private typealias Continuation = CheckedContinuation<Value, any Error>

    private struct Table {
        var lastTicket: UInt64 = 0
        var continuations: [UInt64: Continuation] = [:]
        // The tickets in the order of arrival. Those before `first` and those of canceled tasks no longer wait.
        var order: [UInt64] = []
        var first = 0

        mutating func takeFirst() -> Continuation? {
            while first < order.count {
                let ticket = order[first]
                first += 1
                if let continuation = continuations.removeValue(forKey: ticket) { return continuation }
            }
            (order, first) = ([], 0)
            return nil
        }

        mutating func takeAll() -> [Continuation] {
            let waiting = order[first...].compactMap { continuations[$0] }
            (continuations, order, first) = ([:], [], 0)
            return waiting
        }

        /// Drops the tickets of canceled tasks once they outnumber the others.
        mutating func compact() {
            guard order.count > 2 * continuations.count + 64 else { return }
            order = order[first...].filter { continuations[$0] != nil }
            first = 0
        }
    }

    private let table = Mutex(Table())

    package init() {}

    /// How many tasks wait now.
    package var count: Int { table.withLock { $0.continuations.count } }

    /// Waits until another task resumes this one.
    ///
    /// - Parameter value: Returns the value if the task does not have to wait. It runs under the table's lock, so it
    ///   must not call this table.
    /// - Throws: `CancellationError` if the task is canceled; otherwise the error it is resumed with.
    package func wait(unless value: () -> Value? = { nil }) async throws -> Value {
        let ticket = table.withLock { table in
            table.lastTicket += 1
            return table.lastTicket
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { enlist($0, as: ticket, unless: value) }
        } onCancel: {
            let continuation = table.withLock { table in
                defer { table.compact() }
                return table.continuations.removeValue(forKey: ticket)
            }
            continuation?.resume(throwing: CancellationError())
        }
    }

    private func enlist(_ continuation: Continuation, as ticket: UInt64, unless value: () -> Value?) {
        let result: Result<Value, any Error>? = table.withLock { table in
            if let value = value() { return .success(value) }
            // Canceled before it is in the table: the cancellation handler has found nothing and does not run again.
            if Task.isCancelled { return .failure(CancellationError()) }
            table.continuations[ticket] = continuation
            table.order.append(ticket)
            return nil
        }
        if let result { continuation.resume(with: result) }
    }

    /// Resumes the task that has waited longest.
    ///
    /// - Parameters:
    ///   - result: What it is resumed with.
    ///   - ifNone: Runs under the table's lock if no task waits, so that none can begin to in between. It must not
    ///     call this table.
    /// - Returns: Whether a task was resumed.
    @discardableResult
    package func resumeFirst(with result: Result<Value, any Error>, ifNone: () -> Void = {}) -> Bool {
        let continuation = table.withLock { table in
            let continuation = table.takeFirst()
            if continuation == nil { ifNone() }
            return continuation
        }
        continuation?.resume(with: result)
        return continuation != nil
    }

    /// Resumes every task that waits now.
    package func resumeAll(with result: Result<Value, any Error>) {
        for continuation in table.withLock({ $0.takeAll() }) { continuation.resume(with: result) }
    }
}
