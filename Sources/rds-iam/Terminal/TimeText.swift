#if Command
import ArgumentParser
import RDSIAMBasics
import RDSIAMSystem
import TokenAuditLog

/// A moment on the command line: a date, a date and a time of day, or so long ago.
struct TimeText {
    private enum Form {
        case moment(Date)
        case civil(CivilTime)
        case ago(seconds: Int64)
        case daysAgo(Int64)
    }

    private let form: Form

    static let forms = """
        2026-11-28, "2026-11-28 13:29", 2026-11-28T13:29:00Z, 2026-11-28T13:29+01:00, \
        now, today, yesterday, or so long ago: 90s, 15m, 2h, 3d, 6w
        """

    /// Reads a text.
    ///
    /// - Throws: What shows the forms there are.
    @Sendable static func parse(_ text: String) throws -> TimeText {
        guard let form = word(text) ?? duration(text) ?? date(text) else {
            throw ValidationError("A time is one of: \(forms). There must be such a date.")
        }
        return TimeText(form: form)
    }

    private static func word(_ text: String) -> Form? {
        switch text.asciiLowercased() {
        case "now": .ago(seconds: 0)
        case "today": .daysAgo(0)
        case "yesterday": .daysAgo(1)
        default: nil
        }
    }

    /// A number and a unit.
    private static func duration(_ text: String) -> Form? {
        let units: [UInt8: Int64] = [
            UInt8(ascii: "s"): 1, UInt8(ascii: "m"): 60, UInt8(ascii: "h"): 3600, UInt8(ascii: "d"): 86_400,
            UInt8(ascii: "w"): 604_800,
        ]
        // Nine digits of weeks are far from what an Int64 holds.
        let digits = text.utf8.dropLast()
        guard let unit = text.utf8.last.flatMap({ units[$0] }), (1...9).contains(digits.count),
            digits.allSatisfy({ (48...57).contains($0) }), let number = Int64(String(Substring(digits)))
        else { return nil }
        return .ago(seconds: number * unit)
    }

    private static func date(_ text: String) -> Form? {
        if let moment = Date(rfc3339: text) { return .moment(moment) }
        // RFC 3339 demands seconds and a zone; people leave them out.
        var (clock, zone) = split(text.trimmingASCIISpace())
        switch clock.utf8.count {
        case 10 where zone.isEmpty: clock += "T00:00:00"
        case 16: clock += ":00"
        case 19: break
        default: return nil
        }
        guard let moment = Date(rfc3339: clock + (zone.isEmpty ? "Z" : zone)) else { return nil }
        return zone.isEmpty ? .civil(moment.civilTime) : .moment(moment)
    }

    /// The date and time of day, and the zone.
    private static func split(_ text: String) -> (clock: String, zone: String) {
        for name in ["UTC", "Z", "z"] where text.hasByteSuffix(name) {
            return (String(text.dropLast(name.count)).trimmingASCIISpace(), "Z")
        }
        // A sign after the date's own two.
        guard let sign = text.utf8.dropFirst(10).lastIndex(where: { "+-".utf8.contains($0) }) else { return (text, "") }
        return (String(text[..<sign]).trimmingASCIISpace(), String(text[sign...]))
    }

    /// The moment, if it is `now`, and if a time without a zone is one of this machine's or of UTC.
    func date(now: Date = Date(), isLocal: Bool = false) -> Date {
        switch form {
        case .moment(let date): return date
        case .civil(let time): return Self.moment(time, isLocal)
        case .ago(let seconds): return now - Double(seconds)
        case .daysAgo(let days):
            var time = isLocal ? LocalTime(now).civil : now.civilTime
            (time.hour, time.minute, time.second) = (0, 0, 0)
            time = CivilTime(unixSeconds: time.unixSeconds - days * 86_400)
            return Self.moment(time, isLocal)
        }
    }

    private static func moment(_ time: CivilTime, _ isLocal: Bool) -> Date {
        isLocal ? LocalTime.date(time) : Date(timeIntervalSince1970: Double(time.unixSeconds))
    }
}

/// A moment as this machine's clocks show it (`TZ`, `/etc/localtime`).
struct LocalTime {
    let civil: CivilTime
    /// The zone's short name, such as CET.
    let zone: String

    init(_ date: Date) {
        var seconds = time_t(date.wholeUnixSeconds)
        var parts = tm()
        localtime_r(&seconds, &parts)
        civil =
            CivilTime(
                year: Int(parts.tm_year) + 1900,
                month: Int(parts.tm_mon) + 1,
                day: Int(parts.tm_mday),
                hour: Int(parts.tm_hour),
                minute: Int(parts.tm_min),
                second: Int(parts.tm_sec)
            ) ?? date.civilTime
        zone = parts.tm_zone.map { String(cString: $0) } ?? "local"
    }

    /// The moment at which this machine's clocks show a time.
    static func date(_ time: CivilTime) -> Date {
        var parts = tm()
        parts.tm_year = Int32(time.year - 1900)
        parts.tm_mon = Int32(time.month - 1)
        parts.tm_mday = Int32(time.day)
        parts.tm_hour = Int32(time.hour)
        parts.tm_min = Int32(time.minute)
        parts.tm_sec = Int32(time.second)
        // Whether it is summer there, the system knows.
        parts.tm_isdst = -1
        return Date(timeIntervalSince1970: Double(mktime(&parts)))
    }
}

/// How times are shown: in UTC or as this machine's clocks show them.
struct TimeStyle {
    let isLocal: Bool

    /// The day, `2026-11-28`.
    func day(_ date: Date) -> String { String(text(date).prefix(10)) }

    /// The time of day, `13:29:07`.
    func clock(_ date: Date) -> String { String(text(date).dropFirst(11).prefix(8)) }

    /// The date, the time of day and the zone; in UTC to the microsecond, as the log has it.
    func full(_ date: Date) -> String {
        guard isLocal else { return date.iso8601 }
        let time = LocalTime(date)
        return "\(day(date)) \(clock(date)) \(time.zone)"
    }

    /// The zone's name at a moment.
    func zone(at date: Date = Date()) -> String { isLocal ? LocalTime(date).zone : "UTC" }

    private func text(_ date: Date) -> String { isLocal ? LocalTime(date).civil.rfc3339 : date.rfc3339 }
}
#endif
