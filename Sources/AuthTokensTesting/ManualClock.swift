public import AuthTokens
import RDSIAMBasics
public import RDSIAMSystem
import Synchronization

/// A clock that stands still until a test moves it.
///
/// ```swift
/// let clock = ManualClock()
/// let issuer = TokenIssuer(generators: generators, clock: clock.tokenClock)
/// clock.advance(by: .seconds(900))
/// ```
public final class ManualClock: Sendable {
    private struct Sleeper {
        let end: Duration
        let promise = Promise<Void>()
    }

    private struct State {
        var wall: Date
        var uptime = Duration.seconds(1000)
        var sleepers: [UInt64: Sleeper] = [:]
        var lastTicket: UInt64 = 0
    }

    private let state: Mutex<State>

    /// Creates a clock.
    ///
    /// - Parameter now: The time it shows at first; by default 2023-11-14T22:13:20Z.
    public init(now: Date = Date(timeIntervalSince1970: 1_700_000_000)) {
        state = Mutex(State(wall: now))
    }

    /// The time that the wall clock shows.
    public var now: Date { state.withLock { $0.wall } }

    /// The time that the monotonic clock shows.
    public var uptime: Duration { state.withLock { $0.uptime } }

    /// How many tasks sleep on this clock.
    package var sleepers: Int { state.withLock { $0.sleepers.count } }

    /// The clock in the form that an issuer takes.
    public var tokenClock: TokenClock {
        TokenClock(
            now: { self.now },
            uptime: { self.uptime },
            sleep: { try await self.sleep(for: $0) }
        )
    }

    /// Moves both clocks, and wakes the tasks that have slept long enough.
    ///
    /// - Parameter duration: How far. The monotonic clock stops at 2⁶¹ seconds.
    public func advance(by duration: Duration) {
        let duration = duration.clampedReading
        let woken = state.withLock { state in
            state.uptime = (state.uptime + duration).clampedReading
            state.wall += duration.seconds
            let woken = state.sleepers.filter { $0.value.end <= state.uptime }
            for ticket in woken.keys { state.sleepers[ticket] = nil }
            return woken.values.map(\.promise)
        }
        for promise in woken { promise.settle(.success(())) }
    }

    /// Sets the wall clock alone, as an operator does, or as it is after a machine's sleep.
    ///
    /// - Parameter duration: How far; negative sets it back.
    package func setWallClock(by duration: Duration) {
        state.withLock { $0.wall += duration.clampedReading.seconds }
    }

    /// Waits until ``advance(by:)`` has moved the clock by a duration.
    ///
    /// - Throws: `CancellationError` if the task is canceled.
    public func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        guard duration > .zero else { return }
        let (ticket, promise) = state.withLock { state in
            let sleeper = Sleeper(end: state.uptime + duration.clampedReading)
            state.lastTicket += 1
            state.sleepers[state.lastTicket] = sleeper
            return (state.lastTicket, sleeper.promise)
        }
        defer { state.withLock { $0.sleepers[ticket] = nil } }
        try await promise.value()
    }
}
