/// How long a generator that failed is left alone.
struct BackOff: Sendable {
    private var failures = 0
    private var end = Duration.zero

    /// How long is still to be waited.
    func remaining(at uptime: Duration) -> Duration {
        failures == 0 ? .zero : max(.zero, end - uptime)
    }

    mutating func succeed() {
        failures = 0
    }

    /// - Parameter uptime: When the failure came.
    mutating func fail(at uptime: Duration, options: TokenCacheOptions) {
        // Whoever comes back after a long while starts afresh.
        if uptime > end + options.longestBackOff * 4 { failures = 0 }
        failures += 1
        let step = options.backOff * (1 << min(failures - 1, 20))
        end = uptime + min(step, options.longestBackOff)
    }
}
