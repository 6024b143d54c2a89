import AuthTokens
import Dispatch
import RDSIAMBasics
import RDSIAMSystem
import Synchronization

/// Runs a task's jobs on threads of Dispatch, apart from the pool that tasks share, and measures how long each job
/// holds its thread.
private final class MeasuringExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "GeneratorConformance.calls", attributes: .concurrent)
    private let longest = Mutex(Duration.zero)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async {
            let start = ContinuousClock.now
            job.runSynchronously(on: self.asUnownedTaskExecutor())
            let duration = ContinuousClock.now - start
            self.longest.withLock { $0 = max($0, duration) }
        }
    }

    /// Returns how long the longest job since the last call held its thread.
    func takeLongest() async throws -> Duration {
        let promise = Promise<Duration>()
        // The job that settles a call's result has not returned yet when the result is there; the barrier waits for it.
        queue.async(flags: .barrier) {
            let duration = self.longest.withLock { longest in
                defer { longest = .zero }
                return longest
            }
            promise.settle(.success(duration))
        }
        return try await promise.value()
    }
}

// Calls that must end, and soon.
extension GeneratorConformance {
    private static let alarms = DispatchQueue(label: "GeneratorConformance.alarms")

    /// Runs work, and leaves it alone if it has not ended in time.
    ///
    /// - Throws: ``ConformanceFailure`` if it takes too long; what the work throws.
    func bounded<Value: Sendable>(
        on executor: (any TaskExecutor)? = nil,
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let promise = Promise<Value>()
        let runner = Task(executorPreference: executor) {
            do { promise.settle(.success(try await work())) } catch { promise.settle(.failure(error)) }
        }
        let late = ConformanceFailure(
            .timedOut,
            ["A call does not end within \(timeout). Give what it waits for a timeout, and do not block threads."]
        )
        // Not a task that sleeps: it would need a thread of the pool that the generator may block.
        let alarm = DispatchWorkItem { promise.settle(.failure(late)) }
        Self.alarms.asyncAfter(deadline: .now() + timeout.seconds, execute: alarm)
        defer {
            runner.cancel()
            alarm.cancel()
        }
        return try await promise.value()
    }

    func concurrencyFaults(_ trial: Trial, _ clock: ManualClock) async -> [String] {
        let now = clock.now
        // More threads than the pool has, so that more calls overlap and calls that block do not stop other tests.
        let executor = MeasuringExecutor()
        let faults = await withTaskGroup(of: [String].self) { group in
            for _ in 0..<64 {
                group.addTask {
                    do {
                        let token = try await bounded(on: executor) { try await trial.token() }
                        return tokenFaults(of: token, for: trial.request, at: now)
                    } catch let failure as ConformanceFailure {
                        return failure.faults
                    } catch {
                        return ["The generator throws \(type(of: error)). Allow many calls at the same time."]
                    }
                }
            }
            return await group.reduce(into: Set<String>()) { $0.formUnion($1) }
        }
        return faults.sorted().map { "Called from 64 tasks at once: \($0)" }
    }
}

// Threads that wait.
extension GeneratorConformance {
    private static let longestBlock = Duration.milliseconds(50)

    func blockingFaults(_ request: AuthTokenRequest) async throws -> [String] {
        let executor = MeasuringExecutor()
        // A busy machine can make any one call look slow, so the shortest of several are compared.
        var (held, healthy) = (timeout, timeout)
        for _ in 0..<8 {
            let trial = Trial(try await make(ManualClock()), request)
            try await bounded(on: executor) {
                if let token = try? await trial.token() { _ = trial.isCurrent(token) }
                _ = try? await trial.token()
            }
            held = min(held, try await executor.takeLongest())
            if held < Self.longestBlock { return [] }
            // What the same executor shows at the same time for a call that only suspends.
            try await bounded(on: executor) { for _ in 0..<3 { await Task.yield() } }
            healthy = min(healthy, try await executor.takeLongest())
        }
        if held < healthy * 3 { return [] }
        return [
            "A call blocks its thread for 50 milliseconds or longer. Suspend the task instead, or wait on a thread of "
                + "your own."
        ]
    }
}

// Tasks that are canceled.
extension GeneratorConformance {
    private static let shortestJudged = Duration.milliseconds(200)

    /// A canceled call may return a token or throw an error, but soon.
    func cancellationFaults(_ trial: Trial) async throws -> [String] {
        do {
            // A busy machine can make any one call look slow, so the shortest of several are compared.
            var (canceled, whole) = (timeout, timeout)
            for _ in 0..<4 {
                canceled = min(canceled, try await duration(of: trial, canceled: true))
                whole = min(whole, try await duration(of: trial, canceled: false))
                // What further calls take cannot change this.
                if whole < Self.shortestJudged || isSoon(canceled, whole: Self.shortestJudged) { break }
            }
            if whole < Self.shortestJudged || isSoon(canceled, whole: whole) { return try await hangingFaults(trial) }
        } catch let failure as ConformanceFailure where failure.code == .timedOut {
            return ["A canceled call does not end within \(timeout). End when the task is canceled."]
        }
        return ["A canceled call takes as long as any other. End when the task is canceled."]
    }

    private func isSoon(_ canceled: Duration, whole: Duration) -> Bool { canceled * 4 <= whole * 3 }

    private func hangingFaults(_ trial: Trial) async throws -> [String] {
        guard let hanging else { return [] }
        let stuck = Trial(try await hanging(ManualClock()), trial.request)
        _ = try await duration(of: stuck, canceled: true)
        return []
    }

    private func duration(of trial: Trial, canceled: Bool) async throws -> Duration {
        try await bounded {
            let start = ContinuousClock.now
            let call = Task { _ = try await trial.token() }
            if canceled {
                // Long enough for most calls to be waiting for their provider; a call that is not ends as well.
                try? await Task.sleep(for: .milliseconds(20))
                call.cancel()
            }
            _ = await call.result
            return ContinuousClock.now - start
        }
    }
}
