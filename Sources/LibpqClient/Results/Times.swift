import RDSIAMBasics
public import RDSIAMSystem

/// A day of the Gregorian calendar, PostgreSQL's `date`.
public struct PGDate: Sendable, Hashable {
    /// The year; 0 is 1 BC.
    public let year: Int
    /// From 1 to 12.
    public let month: Int
    /// From 1 to 31.
    public let day: Int

    /// Names a day.
    public init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }
}

/// A time of day, PostgreSQL's `time without time zone`.
public struct PGTime: Sendable, Hashable {
    /// From 0 to 24, which is midnight at the end of the day.
    public let hour: Int
    /// From 0 to 59.
    public let minute: Int
    /// From 0 to 59.
    public let second: Int
    /// From 0 to 999,999.
    public let microsecond: Int

    /// Names a time of day.
    public init(hour: Int, minute: Int, second: Int = 0, microsecond: Int = 0) {
        self.hour = hour
        self.minute = minute
        self.second = second
        self.microsecond = microsecond
    }
}

/// A day and a time of day in no particular time zone, PostgreSQL's `timestamp without time zone`.
///
/// It is no `Date`: which instant it names depends on a time zone that the server does not store.
public struct PGTimestamp: Sendable, Hashable {
    /// The day.
    public let date: PGDate
    /// The time of day.
    public let time: PGTime

    /// Names a day and a time of day.
    public init(date: PGDate, time: PGTime) {
        self.date = date
        self.time = time
    }
}

// MARK: - Counting, as the binary form does

private let microsecondsPerDay: Int64 = 86_400_000_000

extension PGDate {
    /// Days from 2000-01-01.
    ///
    /// Years begin in March here, so that the leap day is the last one, and months have 153 days in five.
    fileprivate var days: Int64 {
        let shifted = Int64(month > 2 ? year : year - 1)
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 730_425
    }

    /// The day that lies a number of days after 2000-01-01.
    fileprivate init(days: Int64) {
        let days = days + 730_425
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        self.init(
            year: Int(yearOfEra + era * 400) + (month < 10 ? 0 : 1),
            month: Int(month < 10 ? month + 3 : month - 9),
            day: Int(dayOfYear - (153 * month + 2) / 5) + 1
        )
    }
}

extension PGTime {
    fileprivate var microseconds: Int64 { Int64((hour * 60 + minute) * 60 + second) * 1_000_000 + Int64(microsecond) }

    /// The time that lies a number of microseconds, at most a day's, after midnight.
    fileprivate init(microseconds: Int64) {
        let seconds = Int(microseconds / 1_000_000)
        self.init(
            hour: seconds / 3_600,
            minute: seconds / 60 % 60,
            second: seconds % 60,
            microsecond: Int(microseconds % 1_000_000)
        )
    }
}

extension PGTimestamp {
    /// Microseconds from 2000-01-01 00:00.
    fileprivate var microseconds: Int64 { date.days &* microsecondsPerDay &+ time.microseconds }

    fileprivate init(microseconds: Int64) {
        let days = microseconds / microsecondsPerDay - (microseconds % microsecondsPerDay < 0 ? 1 : 0)
        self.init(
            date: PGDate(days: days),
            time: PGTime(microseconds: microseconds - days * microsecondsPerDay)
        )
    }
}

// MARK: - Texts, with `DateStyle` ISO

extension PGDate: CustomStringConvertible {
    /// The day as PostgreSQL writes it, such as `2026-01-31` or `0044-03-15 BC`.
    public var description: String { isoText + (year > 0 ? "" : " BC") }

    fileprivate var isoText: String { "\((year > 0 ? year : 1 - year).padded(4))-\(month.padded(2))-\(day.padded(2))" }
}

extension PGTime: CustomStringConvertible {
    /// The time as PostgreSQL writes it, such as `12:00:00.5`.
    public var description: String {
        let whole = "\(hour.padded(2)):\(minute.padded(2)):\(second.padded(2))"
        guard microsecond != 0 else { return whole }
        var fraction = microsecond.padded(6)
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return whole + "." + fraction
    }
}

extension PGTimestamp: CustomStringConvertible {
    /// Day and time as PostgreSQL writes them, such as `2026-01-31 12:00:00.5`.
    public var description: String { "\(date.isoText) \(time)" + (date.year > 0 ? "" : " BC") }
}

extension Int {
    /// The digits, with zeros in front up to a number of digits.
    fileprivate func padded(_ width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(width - digits.utf8.count, 0)) + digits
    }
}

/// What `DateStyle` ISO writes: a day, a time, an offset from UTC, and ` BC` after years before the first.
private struct ISOText {
    var date: PGDate?
    var time: PGTime?
    /// Seconds east of Greenwich.
    var offset: Int?

    init?(_ text: String) {
        let isBC = text.hasByteSuffix(" BC")
        let pattern =
            /(?:(\d{4,7})-(\d\d)-(\d\d))? ?(?:(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?(?:([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?)?/
        let body = isBC ? String(decoding: text.utf8.dropLast(3), as: UTF8.self) : text
        guard let match = body.wholeMatch(of: pattern)?.output else { return nil }
        func number(_ digits: Substring?) -> Int { digits.flatMap { Int($0) } ?? 0 }
        if let year = match.1.flatMap({ Int($0) }) {
            date = PGDate(year: isBC ? 1 - year : year, month: number(match.2), day: number(match.3))
        }
        if match.4 != nil {
            time = PGTime(
                hour: number(match.4),
                minute: number(match.5),
                second: number(match.6),
                microsecond: number(match.7.map { $0 + String(repeating: "0", count: 6 - $0.count) })
            )
        }
        if match.8 != nil {
            let seconds = number(match.9) * 3_600 + number(match.10) * 60 + number(match.11)
            offset = match.8 == "-" ? -seconds : seconds
        }
    }
}

// MARK: - Reading and sending

extension PGDate: PGDecodable, PGEncodable {
    /// Reads `date`, in text form with `DateStyle` ISO, which is the default; not infinity.
    public init?(_ field: PGField) {
        guard field.type == .date else { return nil }
        if field.format == .binary {
            guard let days = Int32(exactly: field.bigEndian), days != .min, days != .max else { return nil }
            self.init(days: Int64(days))
        } else {
            guard let text = field.utf8.flatMap({ ISOText($0) }), let date = text.date, text.time == nil else {
                return nil
            }
            self = date
        }
    }

    /// The day, as text.
    public var pgParameter: PGParameter { .text(description) }
}

extension PGTime: PGDecodable, PGEncodable {
    /// Reads `time without time zone`.
    public init?(_ field: PGField) {
        guard field.type == .time else { return nil }
        if field.format == .binary {
            self.init(microseconds: field.bigEndian)
        } else {
            guard let text = field.utf8.flatMap({ ISOText($0) }), let time = text.time, text.date == nil else {
                return nil
            }
            self = time
        }
    }

    /// The time, as text.
    public var pgParameter: PGParameter { .text(description) }
}

extension PGTimestamp: PGDecodable, PGEncodable {
    /// Reads `timestamp without time zone`, in text form with `DateStyle` ISO, which is the default; not infinity.
    public init?(_ field: PGField) {
        guard field.type == .timestamp else { return nil }
        if field.format == .binary {
            let microseconds = field.bigEndian
            guard microseconds != .min, microseconds != .max else { return nil }
            self.init(microseconds: microseconds)
        } else {
            guard let text = field.utf8.flatMap({ ISOText($0) }), let date = text.date, let time = text.time else {
                return nil
            }
            self.init(date: date, time: time)
        }
    }

    /// Day and time, as text.
    public var pgParameter: PGParameter { .text(description) }
}

extension Date: PGDecodable, PGEncodable {
    /// From PostgreSQL's epoch, the beginning of 2000, to Foundation's, the beginning of 2001.
    private static let secondsToReference = 366.0 * 86_400

    /// Reads `timestamp with time zone`, in text form with `DateStyle` ISO, which is the default; not infinity.
    public init?(_ field: PGField) {
        guard field.type == .timestamptz else { return nil }
        let microseconds: Int64
        if field.format == .binary {
            microseconds = field.bigEndian
            guard microseconds != .min, microseconds != .max else { return nil }
        } else {
            guard let text = field.utf8.flatMap({ ISOText($0) }), let date = text.date, let time = text.time,
                let offset = text.offset
            else { return nil }
            microseconds = PGTimestamp(date: date, time: time).microseconds - Int64(offset) * 1_000_000
        }
        let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        self.init(timeIntervalSinceReferenceDate: Double(seconds) - Self.secondsToReference + Double(rest) / 1_000_000)
    }

    /// The instant in UTC, to the microsecond, which is as exact as PostgreSQL's clock; infinity if it has no such
    /// instant.
    public var pgParameter: PGParameter {
        let exact = ((timeIntervalSinceReferenceDate + Self.secondsToReference) * 1_000_000).rounded()
        return .binary(Int64(exactly: exact) ?? (exact < 0 ? .min : .max), type: .timestamptz)
    }
}
