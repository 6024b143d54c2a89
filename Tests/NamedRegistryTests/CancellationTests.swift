import NamedRegistry
import Testing

@Suite("A canceled task that looks a name up", .timeLimit(.minutes(1)))
struct CancellationTests {
    private struct BuildFailed: Error {}

    /// A registry with one name, whose first build lasts until the test ends it.
    private struct SlowBuild: Sendable {
        let registry = Registry<Int>()
        let builds = Counter()
        let begun = Promise<Void>()
        let result = Promise<Int>()

        init() throws {
            try registry.add("slow") { [builds, begun, result] in
                guard builds.next() == 1 else { return 2 }
                begun.settle(.success(()))
                let value = try await result.value()
                #expect(!Task.isCancelled)
                return value
            }
        }

        func look() -> Task<Int, any Error> { Task { try await registry.value(named: "slow") } }

        /// Looks the name up in a task that is canceled already.
        func lookCanceled() -> Task<Int, any Error> {
            Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await registry.value(named: "slow")
            }
        }
    }

    @Test("starts no build")
    func before() async throws {
        let slow = try SlowBuild()
        await #expect(throws: CancellationError.self) { try await slow.lookCanceled().value }
        #expect(slow.builds.count == 0)
        slow.result.settle(.success(1))
        #expect(try await slow.look().value == 1)
    }

    @Test("waits for no build, and disturbs none")
    func duringBuild() async throws {
        let slow = try SlowBuild()
        let other = slow.look()
        try await slow.begun.value()
        await #expect(throws: CancellationError.self) { try await slow.lookCanceled().value }
        slow.result.settle(.success(1))
        #expect(try await other.value == 1)
        #expect(slow.builds.count == 1)
    }

    @Test("stops waiting at once, the one that started the build included, and the others get the value")
    func whileWaiting() async throws {
        let slow = try SlowBuild()
        let first = slow.look()
        try await slow.begun.value()
        let others = (0..<100).map { _ in slow.look() }
        for task in [first] + others.dropLast() { task.cancel() }
        for task in [first] + others.dropLast() {
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        slow.result.settle(.success(1))
        #expect(try await others[99].value == 1)
        #expect(slow.builds.count == 1)
    }

    @Test("leaves a build to its end if no other task waits, and the next look-up finds the value")
    func lastToLeave() async throws {
        let slow = try SlowBuild()
        let only = slow.look()
        try await slow.begun.value()
        only.cancel()
        await #expect(throws: CancellationError.self) { try await only.value }
        #expect(slow.registry.builtValue(named: "slow") == nil)
        slow.result.settle(.success(1))
        #expect(try await slow.look().value == 1)
        #expect(slow.builds.count == 1)
    }

    @Test("leaves a build that may fail, and the next look-up builds again")
    func failureAfterwards() async throws {
        let slow = try SlowBuild()
        let only = slow.look()
        try await slow.begun.value()
        only.cancel()
        await #expect(throws: CancellationError.self) { try await only.value }
        slow.result.settle(.failure(BuildFailed()))
        // The failed build may still be ending, so a look-up or more may get its error.
        var value: Int?
        while value == nil {
            do { value = try await slow.look().value } catch is BuildFailed {}
        }
        #expect(value == 2)
        #expect(slow.builds.count == 2)
    }

    @Test("gets a value that is built already")
    func after() async throws {
        let slow = try SlowBuild()
        slow.result.settle(.success(1))
        #expect(try await slow.look().value == 1)
        #expect(try await slow.lookCanceled().value == 1)
    }

    @Test("learns that a name is unknown")
    func unknown() async throws {
        let slow = try SlowBuild()
        slow.registry.remove("slow")
        await #expect(throws: NamedRegistryError.self) { try await slow.lookCanceled().value }
    }
}
