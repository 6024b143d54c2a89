import CSQLite

/// The clock that never goes back, for deadlines.
enum Monotonic {
    /// Nanoseconds since some moment in the past.
    static var now: Int64 { rdsiam_monotonic() }

    /// Lets this thread sleep.
    static func pause(nanoseconds: Int64) { rdsiam_pause(nanoseconds) }
}

extension Duration {
    /// The whole of it in nanoseconds.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
