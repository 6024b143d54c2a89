#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// How an issuer tells the time and waits.
///
/// Expiry goes by the wall clock, as the servers' does, and so runs on while the machine sleeps. The stop watch guards against a wall
/// clock that is set back.
public struct TokenClock: Sendable {
    /// A moment on both clocks in seconds, as plain numbers: it is looked at each time a kept token is handed out.
    struct Moment {
        /// Since 1970.
        var wall: TimeInterval
        /// Since some fixed moment.
        var uptime: TimeInterval
    }

    /// The present, in UTC.
    public var now: @Sendable () -> Date
    /// The time since some fixed moment.
    public var uptime: @Sendable () -> Duration
    /// Waits, and throws `CancellationError` where the task is cancelled meanwhile.
    public var sleep: @Sendable (Duration) async throws -> Void
    /// Whether the clocks are the machine's, of which there is a faster reading.
    private var isSystem = false

    /// Creates a clock.
    ///
    /// - Parameters:
    ///   - now: The present, in UTC.
    ///   - uptime: The time since some fixed moment.
    ///   - sleep: Waits.
    public init(
        now: @escaping @Sendable () -> Date = { Date() },
        uptime: @escaping @Sendable () -> Duration = { Self.stopWatch },
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.now = now
        self.uptime = uptime
        self.sleep = sleep
    }

    /// The machine's own clocks.
    public static let system: TokenClock = {
        var clock = TokenClock()
        clock.isSystem = true
        return clock
    }()

    /// The present, to within some milliseconds: a token's margin is a thousand times as long.
    func glance() -> Moment {
        #if os(Linux)
        if isSystem {
            return Moment(
                wall: Self.seconds(Self.time(of: CLOCK_REALTIME_COARSE)),
                uptime: Self.seconds(Self.time(of: CLOCK_MONOTONIC_COARSE))
            )
        }
        #endif
        return Moment(wall: now().timeIntervalSince1970, uptime: uptime().seconds)
    }

    /// What the machine's stop watch shows.
    public static var stopWatch: Duration {
        let time = time(of: CLOCK_MONOTONIC)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    private static func seconds(_ time: timespec) -> TimeInterval {
        TimeInterval(time.tv_sec) + TimeInterval(time.tv_nsec) / 1e9
    }

    private static func time(of clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}

extension Duration {
    /// The same in seconds.
    var seconds: TimeInterval {
        TimeInterval(components.seconds) + TimeInterval(components.attoseconds) / 1e18
    }
}
