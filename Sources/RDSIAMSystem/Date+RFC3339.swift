package import RDSIAMBasics

extension Date {
    /// Creates the date that a text in RFC 3339's format names, or returns `nil` if it has another format.
    package init?(rfc3339 text: String) {
        guard let time = RFC3339Time(text) else { return nil }
        self.init(timeIntervalSince1970: Double(time.unixSeconds) + time.fraction)
    }

    /// The time to the second below in RFC 3339's format and UTC, `2026-01-31T23:59:59Z`.
    ///
    /// What no calendar reaches counts as the first second of year −9999, the last second of year 9999, or 1970 if it
    /// is not a number.
    package var rfc3339: String { civilTime.rfc3339 }

    /// The time to the second below in UTC, within the bounds that ``rfc3339`` gives.
    package var civilTime: CivilTime { CivilTime(unixSeconds: wholeUnixSeconds) }

    /// The seconds since 1970, rounded down, within `CivilTime.range`; 0 if this is not a number.
    package var wholeUnixSeconds: Int64 { wholeUnits(perSecond: 1) }

    /// The milliseconds since 1970, rounded down, within `CivilTime.range`; 0 if this is not a number.
    package var wholeUnixMilliseconds: Int64 { wholeUnits(perSecond: 1000) }

    private func wholeUnits(perSecond scale: Double) -> Int64 {
        let units = (timeIntervalSince1970 * scale).rounded(.down)
        guard !units.isNaN else { return 0 }
        let range = CivilTime.range
        return Int64(min(max(units, Double(range.lowerBound) * scale), Double(range.upperBound) * scale))
    }
}

extension Duration {
    /// The duration in seconds.
    package var seconds: TimeInterval {
        // `components` traps beyond what an Int64 of seconds holds.
        self / .seconds(1)
    }
}
