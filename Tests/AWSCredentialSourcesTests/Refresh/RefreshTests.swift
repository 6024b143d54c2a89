import AWSCredentialSources
import Foundation
import RDSIAMBasics
import Synchronization
import Testing

/// Caching credentials: the stories, and many tasks at once.
@Suite(.timeLimit(.minutes(2))) struct RefreshTests {
    @Test("the cache asks, serves and refuses as the story goes", arguments: windows + failures + wishes + draws)
    func story(_ story: RefreshStory) async throws {
        try await story.play()
    }

    @Test("a thousand tasks at once make one fetch")
    func singleFlight() async throws {
        let clock = TestClock()
        let gate = Gate()
        let source = ScriptedSource(.container, clock: clock) { await gate.wait() }
        let cache = RefreshingCredentialSource(source, context: .test(clock: clock))
        let found = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<1000 { group.addTask { try await cache.credentials().accessKeyID } }
            await cache.waits(for: 999)
            gate.open()
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(found == ["A"])
        #expect(source.fetches == 1)
    }

    @Test("a thousand tasks at once share one failure")
    func sharedFailure() async throws {
        let clock = TestClock()
        let gate = Gate()
        let source = ScriptedSource(.container, clock: clock, answer: .failure(RefreshStory.outage)) {
            await gate.wait()
        }
        let cache = RefreshingCredentialSource(source, context: .test(clock: clock))
        let failures = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<1000 { group.addTask { (try? await cache.credentials()) == nil } }
            // The first to ask fetches; the others wait for it.
            await cache.waits(for: 999)
            gate.open()
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(failures == 1000)
        #expect(source.fetches == 1)
    }

    @Test("in the advisory window the others go on with what there is while one refreshes")
    func advisory() async throws {
        let clock = TestClock()
        let gate = Gate()
        gate.open()
        let source = ScriptedSource(.container, clock: clock) { await gate.wait() }
        let cache = RefreshingCredentialSource(source, context: .test(clock: clock))
        _ = try await cache.credentials()
        source.answer(.keys("B", lifetime: 3600))
        clock.advance(2700)
        gate.close()
        async let slow = cache.credentials().accessKeyID
        while source.fetches < 2 { await Task.yield() }
        for _ in 0..<100 { #expect(try await cache.credentials().accessKeyID == "A") }
        gate.open()
        #expect(try await slow == "B")
        #expect(source.fetches == 2)
    }

    @Test("in the mandatory window all wait for the new ones")
    func mandatory() async throws {
        let clock = TestClock()
        let gate = Gate()
        gate.open()
        let source = ScriptedSource(.container, clock: clock) { await gate.wait() }
        let cache = RefreshingCredentialSource(source, context: .test(clock: clock))
        _ = try await cache.credentials()
        source.answer(.keys("B", lifetime: 3600))
        clock.advance(3550)
        gate.close()
        let found = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { try await cache.credentials().accessKeyID } }
            await cache.waits(for: 49)
            gate.open()
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(found == ["B"])
        #expect(source.fetches == 2)
    }

    @Test("if the task that fetches is canceled another one takes over")
    func canceledLeader() async throws {
        let clock = TestClock()
        let gate = Gate()
        let source = ScriptedSource(.container, clock: clock) {
            await gate.wait()
            try Task.checkCancellation()
        }
        let cache = RefreshingCredentialSource(source, context: .test(clock: clock))
        let leader = Task { try await cache.credentials() }
        while source.fetches < 1 { await Task.yield() }
        let follower = Task { try await cache.credentials().accessKeyID }
        await cache.waits(for: 1)
        leader.cancel()
        gate.open()
        await #expect(throws: CancellationError.self) { try await leader.value }
        #expect(try await follower.value == "A")
        #expect(source.fetches == 2)
    }

    @Test("a task that waits can be canceled without harm to the others")
    func canceledFollower() async throws {
        let clock = TestClock()
        let gate = Gate()
        let source = ScriptedSource(.container, clock: clock) { await gate.wait() }
        let cache = RefreshingCredentialSource(source, context: .test(clock: clock))
        let leader = Task { try await cache.credentials().accessKeyID }
        while source.fetches < 1 { await Task.yield() }
        let follower = Task { try await cache.credentials() }
        await cache.waits(for: 1)
        follower.cancel()
        await #expect(throws: CancellationError.self) { try await follower.value }
        gate.open()
        #expect(try await leader.value == "A")
    }
}

/// A door that tasks wait at until it is open or they are canceled.
final class Gate: Sendable {
    private let opening = Mutex(Promise<Void>())

    func open() { opening.withLock { $0 }.settle(.success(())) }
    func close() { opening.withLock { $0 = Promise() } }

    func wait() async { try? await opening.withLock { $0 }.value() }
}

extension RefreshingCredentialSource {
    /// Returns once so many tasks wait for a fetch.
    func waits(for count: Int) async {
        while waitingTaskCount < count { await Task.yield() }
    }
}
