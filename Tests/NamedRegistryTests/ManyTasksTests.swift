import Dispatch
import NamedRegistry
import Testing

/// Runs tasks one after the other, so that a test knows when all of them wait.
private final class OneByOne: TaskExecutor {
    private let queue = DispatchQueue(label: "OneByOne")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// Returns once everything has run that was ready to run.
    func settle() async {
        await withCheckedContinuation { caller in
            queue.async { caller.resume() }
        }
    }
}

/// What many tasks find that ask and change at the same time.
@Suite("A registry that many tasks use", .timeLimit(.minutes(2)))
struct ManyTasksTests {
    private struct BuildFailed: Error {}

    @Test("throws the error of one failed build to all tasks that wait for it")
    func sharesFailures() async throws {
        let builds = Counter()
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let registry = Registry<Int>()
        try registry.add("n") {
            builds.next()
            start.finish()
            for await _ in gate {}
            throw BuildFailed()
        }
        let executor = OneByOne()
        let asking = Counter()
        let failures = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask(executorPreference: executor) {
                    asking.next()
                    do { _ = try await registry.value(named: "n") } catch is BuildFailed { failures.next() } catch {}
                }
            }
            for await _ in started {}
            // The executor runs a task until it waits, so the last to ask waits once the next piece of work runs.
            while asking.count < 100 { await executor.settle() }
            await executor.settle()
            open.finish()
        }
        #expect(failures.count == 100)
        #expect(builds.count == 1)
    }

    enum Change: CaseIterable { case remove, reset, replace }

    @Test(
        "returns the value of a removed entry to the tasks that wait for it already, and to no other",
        arguments: Change.allCases
    )
    func takenAway(_ change: Change) async throws {
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let registry = Registry<String>(of: "entry", defaults: [("other", { "other" })])
        try registry.add("n") {
            start.finish()
            for await _ in gate {}
            return "old"
        }
        let waiter = Task { try await registry.value(named: "n") }
        for await _ in started {}
        switch change {
        case .remove: #expect(registry.remove("n"))
        case .reset: registry.reset()
        case .replace: try registry.add("n", replacing: true) { "new" }
        }
        open.finish()
        #expect(try await waiter.value == "old")
        #expect(registry.builtValue(named: "n") == nil)
        if change == .replace {
            #expect(try await registry.value(named: "n") == "new")
        } else {
            let error = await #expect(throws: NamedRegistryError.self) { try await registry.value(named: "n") }
            #expect(error?.code == .unknownName)
        }
        #expect(try await registry.value(named: "other") == "other")
    }

    @Test("stays consistent while eight tasks add, replace, remove, reset and look up")
    func churn() async throws {
        let registry = Registry<Int>(of: "entry", defaults: [("default", { 0 })])
        await withTaskGroup(of: Void.self) { group in
            for task in 1...8 {
                group.addTask {
                    for step in 0..<2_000 {
                        let name = "name \((step + task) % 12)"
                        switch (step &* 7 &+ task) % 5 {
                        case 0: try? registry.add(name) { task }
                        case 1: try? registry.add(name, replacing: true) { task }
                        case 2: registry.remove(name)
                        case 3 where step % 97 == 0: registry.reset()
                        default: _ = try? await registry.value(named: name)
                        }
                        // No change touches this name, so it is always found.
                        let value = try? await registry.value(named: "default")
                        #expect(value == 0)
                    }
                }
            }
        }
        let names = registry.names
        #expect(names.first == "default")
        #expect(Set(names).count == names.count)
        for name in names { #expect(try await (0...8).contains(registry.value(named: name))) }
    }
}
