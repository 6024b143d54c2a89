import RDSIAMBasics

/// The end of a credential or a password as services and programs write it.
///
/// Text is read as botocore reads ISO 8601: in the extended and the basic form, with and without seconds and fractions,
/// and with zones such as `Z`, `UTC`, `+01:00`, `+0100` and `+00`. A time without a zone is refused: it may be off by
/// hours.
package enum Expiration {
    /// Returns the date, or `nil` if the text is not a time with a zone.
    package static func date(_ text: String) -> Date? {
        var rest = Array(text.trimmingASCIISpace().utf8)[...]
        guard
            let date = digits(of: &rest, [4, 2, 2], separator: UInt8(ascii: "-")),
            let divider = rest.popFirst(), [UInt8(ascii: "T"), UInt8(ascii: "t"), 0x20].contains(divider),
            let time = time(of: &rest), let zone = zone(rest)
        else { return nil }
        return Date(rfc3339: date.joined(separator: "-") + "T" + time + zone)
    }

    /// Returns the date of a count of seconds or milliseconds since 1970, or of a text that ``date(_:)`` reads.
    ///
    /// A number from 100,000,000,000 on is a count of milliseconds: as seconds, it would lie after the year 5138.
    ///
    /// - Returns: The date, or `nil` if it is none, or one that no calendar reaches.
    package static func date(_ value: JSONValue) -> Date? {
        guard let text = value.text else { return nil }
        guard let number = Double(text.trimmingASCIISpace()) else { return date(text) }
        let seconds = number.magnitude >= 100_000_000_000 ? number / 1000 : number
        guard let whole = Int64(exactly: seconds.rounded(.down)), CivilTime.range.contains(whole) else { return nil }
        return Date(timeIntervalSince1970: seconds)
    }

    /// Numbers of these widths, with separators between all or none of them.
    private static func digits(of rest: inout ArraySlice<UInt8>, _ widths: [Int], separator: UInt8) -> [String]? {
        let isExtended = rest.dropFirst(widths[0]).first == separator
        var numbers: [String] = []
        for (index, width) in widths.enumerated() {
            if index > 0, isExtended { guard rest.popFirst() == separator else { return nil } }
            let number = rest.prefix(width)
            guard number.count == width, number.allSatisfy({ 48...57 ~= $0 }) else { return nil }
            numbers.append(String(decoding: number, as: UTF8.self))
            rest = rest.dropFirst(width)
        }
        return numbers
    }

    /// `04:05:06.789`, `04:05` or the same without colons, as RFC 3339 wants it.
    private static func time(of rest: inout ArraySlice<UInt8>) -> String? {
        let whole = rest
        if let time = digits(of: &rest, [2, 2, 2], separator: UInt8(ascii: ":")) {
            guard rest.first == UInt8(ascii: ".") || rest.first == UInt8(ascii: ",") else {
                return time.joined(separator: ":")
            }
            let fraction = rest.dropFirst().prefix { 48...57 ~= $0 }
            guard !fraction.isEmpty else { return nil }
            rest = rest.dropFirst(fraction.count + 1)
            return time.joined(separator: ":") + "." + String(decoding: fraction, as: UTF8.self)
        }
        rest = whole
        return digits(of: &rest, [2, 2], separator: UInt8(ascii: ":")).map { $0.joined(separator: ":") + ":00" }
    }

    /// The zone as RFC 3339 wants it.
    private static func zone(_ text: ArraySlice<UInt8>) -> String? {
        let zone = String(decoding: text, as: UTF8.self).trimmingASCIISpace()
        if ["z", "utc", "gmt"].contains(where: { $0.isBytewiseEqual(to: zone.asciiLowercased()) }) { return "Z" }
        guard let sign = ["+", "-"].first(where: zone.hasBytePrefix) else { return nil }
        var rest = Array(zone.utf8.dropFirst())[...]
        let parts = rest.count == 2 ? [2] : [2, 2]
        guard let numbers = digits(of: &rest, parts, separator: UInt8(ascii: ":")), rest.isEmpty else { return nil }
        return sign + numbers[0] + ":" + (numbers.count > 1 ? numbers[1] : "00")
    }
}
