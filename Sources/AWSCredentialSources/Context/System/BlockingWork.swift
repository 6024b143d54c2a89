import Dispatch
import Synchronization

/// Runs what may wait for the operating system on a thread of its own, away from the threads that Swift tasks share.
enum BlockingWork {
    /// Runs work that ends by itself.
    static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            thread().async {
                continuation.resume(with: Result(catching: work))
            }
        }
    }

    /// Runs work that nobody waits for.
    static func leave(_ work: @escaping @Sendable () -> Void) { thread().async { work() } }

    /// Runs work that the operating system may hold for as long as it likes, such as a look-up or a file on a dead server.
    ///
    /// At the limit, and where the task is cancelled, nobody waits for it any longer; its thread ends when it ends.
    static func run<Value: Sendable>(
        within limit: Duration,
        otherwise late: any Error,
        _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let first = FirstResult<Value>()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                first.wait(continuation)
                thread().async { first.settle(Result(catching: work)) }
                alarms.asyncAfter(deadline: .now() + limit / .seconds(1)) { first.settle(.failure(late)) }
            }
        } onCancel: {
            first.settle(.failure(CancellationError()))
        }
    }

    private static let alarms = DispatchQueue(label: "AWSCredentialSources.BlockingWork.alarms")

    /// A serial queue gets a thread at once; the shared concurrent ones have one a core, and another each second where those wait.
    private static func thread() -> DispatchQueue { DispatchQueue(label: "AWSCredentialSources.BlockingWork") }
}

/// Hands the first of several results to somebody who waits, whichever comes first, result or waiter.
private final class FirstResult<Value: Sendable>: Sendable {
    private enum State: Sendable {
        case empty
        case waiting(CheckedContinuation<Value, any Error>)
        case settled(Result<Value, any Error>)
    }

    private let state = Mutex(State.empty)

    func wait(_ continuation: CheckedContinuation<Value, any Error>) {
        let result = state.withLock { state -> Result<Value, any Error>? in
            if case .settled(let result) = state { return result }
            state = .waiting(continuation)
            return nil
        }
        if let result { continuation.resume(with: result) }
    }

    func settle(_ result: Result<Value, any Error>) {
        let waiting = state.withLock { state -> CheckedContinuation<Value, any Error>? in
            switch state {
            case .settled: return nil
            case .empty:
                state = .settled(result)
                return nil
            case .waiting(let continuation):
                state = .settled(result)
                return continuation
            }
        }
        waiting?.resume(with: result)
    }
}
