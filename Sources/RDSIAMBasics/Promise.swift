import Synchronization

/// A result that is settled once and that any number of tasks wait for.
package final class Promise<Value: Sendable>: Sendable {
    private let outcome = Mutex<Result<Value, any Error>?>(nil)
    private let waiting = WaitingTasks<Result<Value, any Error>>()

    package init() {}

    /// The result, or `nil` if it is not settled yet.
    package var result: Result<Value, any Error>? { outcome.withLock { $0 } }

    /// Settles the result and resumes every task that waits for it.
    ///
    /// - Returns: Whether this call was the first. Later results are ignored.
    @discardableResult
    package func settle(_ result: Result<Value, any Error>) -> Bool {
        let isFirst = outcome.withLock { outcome in
            guard outcome == nil else { return false }
            outcome = result
            return true
        }
        if isFirst { waiting.resumeAll(with: .success(result)) }
        return isFirst
    }

    /// Waits for the result.
    ///
    /// - Throws: The failure; `CancellationError` if the waiting task is canceled, which settles nothing.
    package func value() async throws -> Value {
        try await waiting.wait { result }.get()
    }
}
