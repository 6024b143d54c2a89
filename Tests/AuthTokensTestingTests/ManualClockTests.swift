import AuthTokensTesting
import Foundation
import Testing

@Suite("The manual clock", .timeLimit(.minutes(2)))
struct ManualClockTests {
    @Test("wakes a task once it has been moved far enough, and not before")
    func sleeping() async throws {
        let clock = ManualClock()
        let sleeper = Task {
            try await clock.sleep(for: .seconds(10))
            return clock.uptime
        }
        while clock.sleepers == 0 { await Task.yield() }
        let end = clock.uptime + .seconds(10)
        clock.advance(by: .seconds(9))
        #expect(clock.sleepers == 1)
        clock.advance(by: .seconds(1))
        #expect(clock.sleepers == 0)
        #expect(try await sleeper.value == end)
    }

    @Test("does not wait for a duration that is zero or negative")
    func noWait() async throws {
        let clock = ManualClock()
        try await clock.sleep(for: .zero)
        try await clock.sleep(for: .seconds(-1))
        #expect(clock.sleepers == 0)
    }

    @Test("ends the sleep of a canceled task, whether it sleeps already or not", arguments: [true, false])
    func cancellation(isAsleep: Bool) async throws {
        let clock = ManualClock()
        let sleeper = Task { try await clock.sleep(for: .seconds(10)) }
        while isAsleep, clock.sleepers == 0 { await Task.yield() }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        #expect(clock.sleepers == 0)
    }

    @Test(
        "may be moved by any duration, any number of times",
        arguments: [
            Duration.seconds(Int64.max), .seconds(Int64.min), .seconds(1e19), .seconds(-1e19), .seconds(1.6e20),
            .seconds(-1.6e20),
        ]
    )
    func far(_ duration: Duration) async throws {
        let clock = ManualClock()
        let sleeper = Task { try await clock.sleep(for: .seconds(1.6e20)) }
        while clock.sleepers == 0 { await Task.yield() }
        for _ in 0..<40 {
            clock.advance(by: duration)
            clock.setWallClock(by: duration)
        }
        #expect((clock.uptime > .zero) == (duration > .zero))
        #expect((clock.now > Date(timeIntervalSince1970: 0)) == (duration > .zero))
        sleeper.cancel()
        _ = await sleeper.result
    }

    @Test("shows any time it is made with", arguments: [1e19, -1e19, Double.infinity, -.infinity])
    func times(seconds: TimeInterval) {
        let clock = ManualClock(now: Date(timeIntervalSince1970: seconds))
        clock.advance(by: .seconds(1))
        #expect(clock.now.timeIntervalSince1970 == seconds)
    }
}
