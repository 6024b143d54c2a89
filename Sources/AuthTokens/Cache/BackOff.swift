/// How long a generator that failed is not called again.
struct BackOff: Sendable {
    private var failures = 0
    private var pause = Duration.zero
    private var end = Duration.zero

    /// Returns how long to wait, never longer than a pause even if the clock has gone back.
    func remaining(at uptime: Duration) -> Duration {
        failures == 0 ? .zero : min(pause, max(.zero, end - uptime))
    }

    mutating func succeed() {
        failures = 0
    }

    /// - Parameter uptime: When the failure came.
    mutating func fail(at uptime: Duration, options: TokenCacheOptions) {
        // A generator that has not failed for a long while starts with the first step.
        if uptime > end + options.longestBackOff * 4 { failures = 0 }
        failures += 1
        pause = min(options.backOff * (1 << min(failures - 1, 20)), options.longestBackOff)
        end = uptime + pause
    }
}
