import Synchronization

/// Work against a time limit that holds also where the work does not heed its cancellation.
struct Race: Sendable {
    let limit: Duration

    func run<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let finish = Finish<Value>()
        let runner = Task { finish.reach(await Self.result(of: work)) }
        let timer = Task {
            try await Task.sleep(for: limit)
            finish.reach(.failure(ConformanceFailure(faults: ["A call does not end within \(limit)."])))
        }
        defer {
            runner.cancel()
            timer.cancel()
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { finish.wait($0) }
        } onCancel: {
            runner.cancel()
        }
    }

    private static func result<Value: Sendable>(
        of work: @Sendable () async throws -> Value
    ) async -> Result<Value, any Error> {
        do { return .success(try await work()) } catch { return .failure(error) }
    }
}

/// The first to reach it counts.
private final class Finish<Value: Sendable>: Sendable {
    private struct State {
        var result: Result<Value, any Error>?
        var waiting: CheckedContinuation<Value, any Error>?
    }

    private let state = Mutex(State())

    func reach(_ result: Result<Value, any Error>) {
        let waiting = state.withLock { state -> CheckedContinuation<Value, any Error>? in
            guard state.result == nil else { return nil }
            state.result = result
            return state.waiting
        }
        waiting?.resume(with: result)
    }

    func wait(_ continuation: CheckedContinuation<Value, any Error>) {
        let result = state.withLock { state in
            if state.result == nil { state.waiting = continuation }
            return state.result
        }
        if let result { continuation.resume(with: result) }
    }
}
