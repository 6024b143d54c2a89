/// A second of UTC in the proleptic Gregorian calendar.
package struct CivilTime: Sendable, Hashable {
    package var year: Int
    /// From 1 to 12.
    package var month: Int
    /// From 1 to 31.
    package var day: Int
    package var hour: Int
    package var minute: Int
    package var second: Int

    /// The seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    package var unixSeconds: Int64 {
        ((Int64(daysSinceEpoch) * 24 + Int64(hour)) * 60 + Int64(minute)) * 60 + Int64(second)
    }

    /// The seconds that ``init(unixSeconds:)`` takes: from year −9999 to year 9999.
    package static let range: ClosedRange<Int64> = -377_705_116_800...253_402_300_799

    /// Creates the time that lies a number of seconds after 1970-01-01T00:00:00Z.
    ///
    /// - Parameter unixSeconds: The seconds; numbers outside ``range`` count as its nearest end.
    package init(unixSeconds: Int64) {
        let seconds = min(max(unixSeconds, Self.range.lowerBound), Self.range.upperBound)
        let days = Int(seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400)
        let secondOfDay = Int(seconds - Int64(days) * 86_400)
        (year, month, day) = Self.date(daysSinceEpoch: days)
        (hour, minute, second) = (secondOfDay / 3_600, secondOfDay / 60 % 60, secondOfDay % 60)
    }

    /// Creates a time from its parts, or returns `nil` if there is no such date or time of day.
    package init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        let isLeapYear = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        let lengths = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (-9999...9999).contains(year), (1...12).contains(month), (1...lengths[month - 1]).contains(day),
            (0..<24).contains(hour), (0..<60).contains(minute), (0...60).contains(second)
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
        (self.hour, self.minute, self.second) = (hour, minute, second)
    }

    // A year is counted from March here, so that the leap day is its last and the lengths of months follow one formula.

    private var daysSinceEpoch: Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(daysSinceEpoch: Int) -> (year: Int, month: Int, day: Int) {
        let days = daysSinceEpoch + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        return (era * 400 + yearOfEra + (month >= 10 ? 1 : 0), month >= 10 ? month - 9 : month + 3, day)
    }
}

extension CivilTime {
    /// The text in RFC 3339's format, `2026-01-31T23:59:59Z`; with a minus sign for years before the year 0.
    package var rfc3339: String {
        let date = [Self.digits(year, 4), Self.digits(month, 2), Self.digits(day, 2)].joined(separator: "-")
        let time = [Self.digits(hour, 2), Self.digits(minute, 2), Self.digits(second, 2)].joined(separator: ":")
        return "\(date)T\(time)Z"
    }

    private static func digits(_ number: Int, _ width: Int) -> String {
        let digits = String(number.magnitude)
        return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
