import RDSIAMBasics
import RDSIAMSystem
import Synchronization
import Testing

@Suite("Timeouts", .timeLimit(.minutes(1)))
struct TimeoutsTests {
    /// A clock that goes on when it is told to, and counts those who sleep.
    private final class Clock: Sendable {
        struct State {
            var now = Duration.zero
            var sleeps = 0
        }

        let state = Mutex(State())

        func timeouts() -> Timeouts {
            Timeouts(elapsed: { self.state.withLock { $0.now } }) { duration in
                let end = self.state.withLock { state in
                    state.sleeps += 1
                    return state.now + duration
                }
                while self.state.withLock({ $0.now < end }) { await Task.yield() }
            }
        }

        /// Lets all that sleep end, so that no task goes on after its test.
        func finish() { state.withLock { $0.now = .seconds(3600) } }
    }

    private func wait(until condition: () -> Bool) async throws {
        while !condition() {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    @Test("However many begin, one task sleeps, and none is left when all have been stopped")
    func one() async throws {
        let clock = Clock()
        let timeouts = clock.timeouts()
        defer { clock.finish() }
        let ids = (0..<10_000).map { _ in timeouts.start(after: .seconds(30)) { Issue.record("It was stopped.") } }
        #expect(timeouts.count == 10_000)
        for id in ids { timeouts.stop(id) }
        #expect(timeouts.count == 0)
        try await wait { clock.state.withLock { $0.sleeps } > 0 }
        clock.state.withLock { $0.now = .seconds(60) }
        let last = Promise<Void>()
        _ = timeouts.start(after: .zero) { last.settle(.success(())) }
        try await last.value()
        #expect(clock.state.withLock { $0.sleeps } <= 2)
    }

    @Test("Each expires at its time, the one that began last included")
    func order() async throws {
        let clock = Clock()
        let timeouts = clock.timeouts()
        defer { clock.finish() }
        let expired = Mutex<[Int]>([])
        for seconds in [3, 1, 2] {
            _ = timeouts.start(after: .seconds(seconds)) { expired.withLock { $0.append(seconds) } }
        }
        for seconds in 1...3 {
            // The task for three seconds sleeps once; the one for a second sleeps again after each that has expired.
            try await wait { clock.state.withLock { $0.sleeps } > seconds }
            clock.state.withLock { $0.now = .seconds(seconds) }
            try await wait { expired.withLock { $0.count } >= seconds }
        }
        #expect(expired.withLock { $0 } == [1, 2, 3])
        #expect(timeouts.count == 0)
    }
}
