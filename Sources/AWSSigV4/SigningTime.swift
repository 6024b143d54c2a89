/// A second of UTC between 1970 and 9999, as Signature Version 4 writes it.
public struct SigningTime: Sendable, Hashable {
    /// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public let unixSeconds: Int64

    /// The last second that four digits of a year can express: 9999-12-31T23:59:59Z.
    public static let latestUnixSeconds: Int64 = 253_402_300_799

    private static let secondsInDay: Int64 = 86_400

    /// Makes a time.
    ///
    /// - Parameter unixSeconds: Seconds since 1970-01-01T00:00:00Z, from 0 to ``latestUnixSeconds``.
    /// - Throws: ``SigV4Error/Code/invalidTime``; do not retry.
    public init(unixSeconds: Int64) throws(SigV4Error) {
        guard 0...Self.latestUnixSeconds ~= unixSeconds else {
            throw SigV4Error(.invalidTime, "the signing time lies before 1970 or after 9999")
        }
        self.unixSeconds = unixSeconds
    }

    /// The date in the basic format of ISO 8601, `20260131`.
    public var basicDate: String { .written(capacity: 8) { $0.append(basicDateOf: self) } }

    /// Date and time in the basic format of ISO 8601, `20260131T235959Z`: the value of `X-Amz-Date`.
    public var basicDateTime: String { .written(capacity: 16) { $0.append(basicDateTimeOf: self) } }

    /// Whole days since 1970-01-01.
    var day: Int { Int(unixSeconds / Self.secondsInDay) }

    /// The characters of `20260131`, the first in the lowest byte.
    var dateDigits: UInt64 {
        let (year, month, day) = civilDate
        return Self.digits(year / 100) | Self.digits(year % 100) << 16 | Self.digits(month) << 32
            | Self.digits(day) << 48
    }

    /// The characters of `T235959Z`, the first in the lowest byte.
    var timeDigits: UInt64 {
        let second = Int(unixSeconds % Self.secondsInDay)
        return UInt64(UInt8(ascii: "T")) | Self.digits(second / 3_600) << 8 | Self.digits(second / 60 % 60) << 24
            | Self.digits(second % 60) << 40 | UInt64(UInt8(ascii: "Z")) << 56
    }

    /// The two digits of a number below 100, the first in the lowest byte.
    private static func digits(_ number: Int) -> UInt64 {
        UInt64(truncatingIfNeeded: number / 10 | (number % 10) << 8) | 0x3030
    }

    /// Year, month and day of the Gregorian calendar.
    ///
    /// A year is counted from 1 March, so that the leap day is its last and month lengths follow one linear formula.
    private var civilDate: (year: Int, month: Int, day: Int) {
        let daysInEra = 146_097  // 400 years
        let days = day + 719_468  // since 0000-03-01
        let (era, dayOfEra) = days.quotientAndRemainder(dividingBy: daysInEra)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153  // 0 is March
        let dayOfMonth = dayOfYear - (153 * month + 2) / 5 + 1
        let beginsNextYear = month >= 10
        return (
            era * 400 + yearOfEra + (beginsNextYear ? 1 : 0), beginsNextYear ? month - 9 : month + 3, dayOfMonth
        )
    }
}
