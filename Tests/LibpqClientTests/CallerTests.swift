import Foundation
import LibpqClient
import Testing

@Suite("A connection that is not used from Swift's own pool", .timeLimit(.minutes(5)))
struct CallerTests {
    /// An executor with one thread, for tasks and actors.
    private final class OneThread: SerialExecutor, TaskExecutor {
        private let key = DispatchSpecificKey<Bool>()
        private let queue = DispatchQueue(label: "caller")

        init() { queue.setSpecific(key: key, value: true) }

        var isCurrent: Bool { DispatchQueue.getSpecific(key: key) ?? false }

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { [self] in
                job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            }
        }

        func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
    }

    private actor Client {
        private let executor: OneThread
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        init(on executor: OneThread) { self.executor = executor }

        /// Calls all methods of a connection; each returns to this actor.
        func run() async throws -> Int? {
            let connection = try await Server.connect()
            #expect(executor.isCurrent)
            let answer: Int? = try await connection.value("select 42")
            #expect(executor.isCurrent)
            _ = try await connection.withUnsafePGconn { _ in }
            try await connection.reset()
            #expect(executor.isCurrent)
            await connection.close()
            #expect(executor.isCurrent)
            return answer
        }
    }

    @Test("works, and returns to an actor with its own thread")
    func actor() async throws {
        #expect(try await Client(on: OneThread()).run() == 42)
    }

    @MainActor
    @Test("works, and returns to the main actor")
    func mainActor() async throws {
        let connection = try await Server.connect()
        MainActor.preconditionIsolated()
        #expect(try await connection.value("select 42") == 42)
        MainActor.preconditionIsolated()
        await connection.close()
    }

    @Test("works, and returns to the executor that a task prefers")
    func preference() async throws {
        let executor = OneThread()
        try await withTaskExecutorPreference(executor) {
            let connection = try await Server.connect()
            #expect(executor.isCurrent)
            #expect(try await connection.value("select 42") == 42)
            #expect(executor.isCurrent)
            await connection.close()
        }
    }
}
