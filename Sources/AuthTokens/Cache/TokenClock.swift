import RDSIAMBasics
public import RDSIAMSystem

/// How an issuer tells the time and waits.
///
/// Expiry goes by the wall clock, as the servers' does, and so runs on while the machine sleeps. The monotonic clock
/// guards against a wall clock that is set back.
///
/// If the wall clock shows no time between the years −9999 and 9999, cached tokens count as expired, and a new one is
/// refused with ``TokenIssuerError/Code/noTime``.
public struct TokenClock: Sendable {
    /// A moment on both clocks in seconds, as plain numbers: it is looked at each time a cached token is returned.
    struct Moment {
        /// Since 1970.
        var wall: TimeInterval
        /// Since some fixed moment.
        var uptime: TimeInterval
    }

    /// The present, in UTC.
    package var now: @Sendable () -> Date
    /// The time since some fixed moment.
    package var uptime: @Sendable () -> Duration
    /// Waits, and throws `CancellationError` if the task is canceled.
    package var sleep: @Sendable (Duration) async throws -> Void

    /// Creates a clock.
    ///
    /// - Parameters:
    ///   - now: The present, in UTC.
    ///   - uptime: The time since some fixed moment.
    ///   - sleep: Waits.
    public init(
        now: @escaping @Sendable () -> Date = { Date() },
        uptime: @escaping @Sendable () -> Duration = { Self.systemUptime },
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.now = now
        self.uptime = uptime
        self.sleep = sleep
    }

    /// The machine's own clocks.
    public static let system = TokenClock()

    /// The time on the machine's monotonic clock since this process first asked for it.
    @usableFromInline
    package static var systemUptime: Duration { ContinuousClock.now - start }

    private static let start = ContinuousClock.now

    func glance() -> Moment {
        Moment(wall: now().timeIntervalSince1970, uptime: elapsed().seconds)
    }

    /// The present, within the years that can be printed.
    func time() -> Date { now().clamped }

    /// The time on the monotonic clock, within bounds that sums and differences do not overflow.
    func elapsed() -> Duration { uptime().clampedReading }

    /// Waits for a hundred years at most, as the system's own sleep fails on more.
    func wait(for duration: Duration) async throws { try await sleep(duration.clampedSpan) }
}

extension Duration {
    /// The duration, at least zero and at most a hundred years.
    package var clampedSpan: Duration { min(max(self, .zero), .seconds(3_155_760_000)) }

    /// The duration within ±2⁶¹ seconds, so that the difference of two has whole seconds that fit into 64 bits.
    package var clampedReading: Duration { min(max(self, .seconds(Int64(-1) << 61)), .seconds(Int64(1) << 61)) }
}

extension Date {
    private static let printable =
        Double(CivilTime.range.lowerBound)...Double(CivilTime.range.upperBound)

    /// Whether it lies between the years −9999 and 9999.
    var isOnCalendar: Bool { Self.printable.contains(timeIntervalSince1970) }

    /// The time, or the nearest end of the years −9999 to 9999; what is not a number counts as long past.
    ///
    /// Foundation stops the process when it prints a time that is much further away.
    package var clamped: Date {
        let seconds = timeIntervalSince1970
        guard !seconds.isNaN else { return Date(timeIntervalSince1970: Self.printable.lowerBound) }
        guard !isOnCalendar else { return self }
        return Date(timeIntervalSince1970: seconds < 0 ? Self.printable.lowerBound : Self.printable.upperBound)
    }
}
