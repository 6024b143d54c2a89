import Dispatch
import RDSIAMBasics

/// Runs what may wait for the operating system on threads of its own, away from the few that Swift's tasks share.
package enum BlockingWork {
    /// The operating system has no more threads for this process.
    package struct NoThread: RetryableError, CustomStringConvertible {
        /// The error number from `pthread_create`.
        package let number: Int32

        package var message: String {
            "The operating system starts no more threads: \(String(cString: strerror(number))). Retry later."
        }
        /// Always: threads end.
        package var isRetryable: Bool { true }
        package var description: String { message }
    }

    /// Starts a thread that runs `work` and ends with it.
    ///
    /// - Throws: ``NoThread``; trying again later may help.
    package static func start(_ work: @escaping @Sendable () -> Void) throws(NoThread) {
        let box = Unmanaged.passRetained(ThreadBody(work))
        var thread: ThreadHandle = noThread
        let failure = pthread_create(&thread, nil, runThread, box.toOpaque())
        guard failure == 0 else {
            box.release()
            throw NoThread(number: failure)
        }
    }

    /// Runs work that ends by itself, and returns or throws what it does.
    package static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try start { continuation.resume(with: Result(catching: work)) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// Runs work that the operating system may hold for as long as it likes, such as a look-up or a file on a dead
    /// server.
    ///
    /// When the limit has passed or the task is canceled, the call ends; the thread ends when its work does.
    ///
    /// - Throws: `late` after the limit; `CancellationError`; what the work throws.
    package static func run<Value: Sendable>(
        within limit: Duration,
        otherwise late: any Error,
        _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let promise = Promise<Value>()
        try start { promise.settle(Result(catching: work)) }
        // Not a task that sleeps: it would need a free thread of the pool that this type exists to spare.
        let alarm = DispatchWorkItem { promise.settle(.failure(late)) }
        alarms.asyncAfter(deadline: .now() + limit / .seconds(1), execute: alarm)
        defer { alarm.cancel() }
        return try await promise.value()
    }

    private static let alarms = DispatchQueue(label: "BlockingWork.alarms")
}

private final class ThreadBody {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}

#if canImport(Darwin)
private typealias ThreadHandle = pthread_t?
private let noThread: ThreadHandle = nil

private func runThread(_ body: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    pthread_detach(pthread_self())
    Unmanaged<ThreadBody>.fromOpaque(body).takeRetainedValue().run()
    return nil
}
#else
private typealias ThreadHandle = pthread_t
private let noThread: ThreadHandle = 0

private func runThread(_ body: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    pthread_detach(pthread_self())
    if let body { Unmanaged<ThreadBody>.fromOpaque(body).takeRetainedValue().run() }
    return nil
}
#endif
