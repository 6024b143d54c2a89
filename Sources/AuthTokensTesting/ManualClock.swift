public import AuthTokens
import Synchronization

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

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
        let continuation: CheckedContinuation<Void, any Error>
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
    /// - Parameter now: What it shows at first; by default 2023-11-14T22:13:20Z.
    public init(now: Date = Date(timeIntervalSince1970: 1_700_000_000)) {
        state = Mutex(State(wall: now))
    }

    /// What the wall clock shows.
    public var now: Date { state.withLock { $0.wall } }

    /// What the stop watch shows.
    public var uptime: Duration { state.withLock { $0.uptime } }

    /// How many tasks sleep on this clock.
    public var sleepers: Int { state.withLock { $0.sleepers.count } }

    /// The clock as an issuer takes it.
    public var tokenClock: TokenClock {
        TokenClock(
            now: { self.now },
            uptime: { self.uptime },
            sleep: { try await self.sleep(for: $0) }
        )
    }

    /// Lets time go by, and wakes those whose time has come.
    public func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.uptime += duration
            state.wall += duration.inSeconds
            let woken = state.sleepers.filter { $0.value.end <= state.uptime }
            for ticket in woken.keys { state.sleepers[ticket] = nil }
            return woken.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Sets the wall clock, and that alone, as after a machine's sleep or by an operator.
    ///
    /// - Parameter duration: How far; negative sets it back.
    public func setWallClock(by duration: Duration) {
        state.withLock { $0.wall += duration.inSeconds }
    }

    /// Waits until time has been let go by.
    ///
    /// - Throws: `CancellationError` where the task is cancelled meanwhile.
    public func sleep(for duration: Duration) async throws {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { add($0, ticket, duration) }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: ticket) }?.continuation.resume(
                throwing: CancellationError()
            )
        }
    }

    private func add(_ continuation: CheckedContinuation<Void, any Error>, _ ticket: UInt64, _ duration: Duration) {
        let outcome: Result<Void, any Error>? = state.withLock { state in
            if Task.isCancelled { return .failure(CancellationError()) }
            if duration <= .zero { return .success(()) }
            state.sleepers[ticket] = Sleeper(end: state.uptime + duration, continuation: continuation)
            return nil
        }
        if let outcome { continuation.resume(with: outcome) }
    }
}

extension Duration {
    fileprivate var inSeconds: TimeInterval {
        TimeInterval(components.seconds) + TimeInterval(components.attoseconds) / 1e18
    }
}
