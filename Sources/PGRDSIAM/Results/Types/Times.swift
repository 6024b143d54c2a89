public import RDSIAMSystem

extension Date: PGDecodable {
    /// Reads `timestamp with time zone`, in text form with `DateStyle` ISO, which is the default; not infinity.
    public init?(_ field: PGField) {
        guard field.type == .timestamptz else { return nil }
        let timestamp =
            field.format == .binary
            ? PGTimestamp(microseconds: field.bigEndian) : field.utf8.flatMap { PGTimestamp(iso: $0) }
        guard let timestamp, timestamp.isFinite else { return nil }
        self = timestamp.date
    }
}

/// An instant as PostgreSQL counts it.
struct PGTimestamp: Equatable {
    /// Microseconds since 2000-01-01 00:00 UTC.
    let microseconds: Int64

    private static let perSecond: Int64 = 1_000_000
    /// From PostgreSQL's epoch to Foundation's, the beginning of 2001.
    private static let secondsToReference = 366.0 * 86_400

    init(microseconds: Int64) { self.microseconds = microseconds }

    /// The microsecond nearest to `date`; where there is none, infinity.
    init(_ date: Date) {
        let seconds = date.timeIntervalSinceReferenceDate + Self.secondsToReference
        let exact = (seconds * Double(Self.perSecond)).rounded()
        microseconds = Int64(exactly: exact) ?? (exact < 0 ? .min : .max)
    }

    /// Reads what `DateStyle` ISO writes: `2026-01-31 12:00:00.5+00`, and ` BC` after years before the first.
    init?(iso text: String) {
        let isBC = text.hasSuffix(" BC")
        let pattern = /(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?/
        guard let match = (isBC ? text.dropLast(3) : text[...]).wholeMatch(of: pattern)?.output,
            let year = Int64(match.1)
        else { return nil }
        func number(_ digits: Substring?) -> Int64 { digits.flatMap { Int64($0) } ?? 0 }
        let days = Self.days(year: isBC ? 1 - year : year, month: number(match.2), day: number(match.3))
        let time = number(match.4) * 3_600 + number(match.5) * 60 + number(match.6)
        let offset = (number(match.9) * 3_600 + number(match.10) * 60 + number(match.11)) * (match.8 == "-" ? -1 : 1)
        let fraction = number(match.7.map { $0 + String(repeating: "0", count: 6 - $0.count) })
        microseconds = (days * 86_400 + time - offset) * Self.perSecond + fraction
    }

    var isFinite: Bool { microseconds != .min && microseconds != .max }

    var date: Date {
        let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: Self.perSecond)
        return Date(
            timeIntervalSinceReferenceDate: Double(seconds) - Self.secondsToReference
                + Double(rest) / Double(Self.perSecond)
        )
    }

    /// Days from 2000-01-01 to a day of the Gregorian calendar, year 0 being 1 BC.
    ///
    /// Years begin in March here, so that the leap day is the last one, and months have 153 days in five.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month > 2 ? year : year - 1
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 730_425
    }
}
