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
    public var basicDate: String { text(capacity: 8) { $0.append(basicDateOf: self) } }

    /// Date and time in the basic format of ISO 8601, `20260131T235959Z`: the value of `X-Amz-Date`.
    public var basicDateTime: String { text(capacity: 16) { $0.append(basicDateTimeOf: self) } }

    /// Whole days since 1970-01-01.
    var day: Int { Int(unixSeconds / Self.secondsInDay) }

    /// Seconds since midnight.
    var secondOfDay: Int { Int(unixSeconds % Self.secondsInDay) }

    /// Year, month and day of the Gregorian calendar.
    ///
    /// A year is counted from 1 March, so that the leap day is its last and month lengths follow one linear formula.
    var civilDate: (year: Int, month: Int, day: Int) {
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

    private func text(capacity: Int, _ write: (inout ByteWriter) -> Void) -> String {
        String(unsafeUninitializedCapacity: capacity) { buffer in
            var writer = ByteWriter(buffer)
            write(&writer)
            return writer.count
        }
    }
}

extension ByteWriter {
    mutating func append(basicDateOf time: SigningTime) {
        let (year, month, day) = time.civilDate
        append(decimal: year, width: 4)
        append(decimal: month, width: 2)
        append(decimal: day, width: 2)
    }

    mutating func append(basicDateTimeOf time: SigningTime) {
        append(basicDateOf: time)
        append("T")
        append(decimal: time.secondOfDay / 3_600, width: 2)
        append(decimal: time.secondOfDay / 60 % 60, width: 2)
        append(decimal: time.secondOfDay % 60, width: 2)
        append("Z")
    }
}
