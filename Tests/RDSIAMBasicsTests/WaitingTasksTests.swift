import RDSIAMBasics
import Synchronization
import Testing

@Suite("Tasks that wait", .timeLimit(.minutes(1)))
struct WaitingTasksTests {
    /// Returns when so many tasks wait.
    private func untilWaiting(_ count: Int, in waiting: WaitingTasks<Int>) async throws {
        while waiting.count != count { try await Task.sleep(for: .milliseconds(1)) }
    }

    @Test("the first to come is the first to be resumed, past those that were canceled")
    func order() async throws {
        let waiting = WaitingTasks<Int>()
        var tasks: [Task<Int, any Error>] = []
        for index in 0..<5 {
            tasks.append(Task { try await waiting.wait() })
            try await untilWaiting(index + 1, in: waiting)
        }
        tasks[1].cancel()
        await #expect(throws: CancellationError.self) { try await tasks[1].value }
        for value in [0, 2, 3] { #expect(waiting.resumeFirst(with: .success(value))) }
        waiting.resumeAll(with: .success(4))
        for index in [0, 2, 3, 4] { #expect(try await tasks[index].value == index) }
        #expect(!waiting.resumeFirst(with: .success(9)))
        #expect(waiting.count == 0)
    }

    @Test("a task that need not wait does not")
    func settledAlready() async throws {
        let waiting = WaitingTasks<Int>()
        #expect(try await waiting.wait { 7 } == 7)
    }

    @Test("a task that is canceled before it waits never does")
    func canceledBefore() async {
        let waiting = WaitingTasks<Int>()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await waiting.wait()
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(waiting.count == 0)
    }

    @Test("an error reaches every task")
    func errors() async throws {
        struct Broken: Error {}
        let waiting = WaitingTasks<Int>()
        let tasks = (0..<3).map { _ in Task { try await waiting.wait() } }
        try await untilWaiting(3, in: waiting)
        waiting.resumeAll(with: .failure(Broken()))
        for task in tasks { await #expect(throws: Broken.self) { try await task.value } }
    }

    @Test("canceled tasks leave nothing behind, however many there are")
    func memory() async throws {
        let waiting = WaitingTasks<Int>()
        for _ in 0..<10_000 {
            let task = Task { try await waiting.wait() }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(waiting.count == 0)
    }

    @Test("no value is missed, though it arrives while tasks come to wait for it")
    func races() async throws {
        for _ in 0..<500 {
            let promise = Promise<Int>()
            let tasks = (0..<4).map { _ in Task { try await promise.value() } }
            #expect(promise.settle(.success(1)))
            #expect(!promise.settle(.success(2)))
            for task in tasks { #expect(try await task.value == 1) }
        }
    }

    @Test("a canceled task settles nothing for the others")
    func promiseOutlivesCancellation() async throws {
        let promise = Promise<Int>()
        let canceled = Task { try await promise.value() }
        let patient = Task { try await promise.value() }
        canceled.cancel()
        await #expect(throws: CancellationError.self) { try await canceled.value }
        #expect(promise.result == nil)
        promise.settle(.success(3))
        #expect(try await patient.value == 3)
    }
}
