/// A time in RFC 3339's format, with or without a fraction of a second, in UTC or with an offset.
package struct RFC3339Time: Sendable, Hashable {
    /// The whole seconds since 1970-01-01T00:00:00Z.
    package let unixSeconds: Int64
    /// The fraction of a second, from 0 up to 1.
    package let fraction: Double

    /// Parses a text, or returns `nil` if it has another format or names no time.
    ///
    /// A space may stand for the `T`, and both letters may be lowercase (RFC 3339 §5.6).
    package init?(_ text: String) {
        var scanner = DigitScanner(text.utf8)
        guard
            let year = scanner.number(4), scanner.skip("-"), let month = scanner.number(2), scanner.skip("-"),
            let day = scanner.number(2), scanner.skip("T", "t", " "), let hour = scanner.number(2), scanner.skip(":"),
            let minute = scanner.number(2), scanner.skip(":"), let second = scanner.number(2),
            let fraction = scanner.fraction(), let offset = scanner.offset(), scanner.isAtEnd,
            let time = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        else { return nil }
        unixSeconds = time.unixSeconds - Int64(offset)
        self.fraction = fraction
    }
}

/// Reads numbers of a fixed width off the front of a text.
private struct DigitScanner {
    private var rest: Substring.UTF8View

    init(_ text: String.UTF8View) {
        rest = text[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func number(_ width: Int) -> Int? {
        let digits = rest.prefix(width)
        guard digits.count == width, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        rest = rest.dropFirst(width)
        return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    mutating func skip(_ choices: Unicode.Scalar...) -> Bool {
        guard let first = rest.first, choices.contains(Unicode.Scalar(first)) else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// The fraction of a second, 0 if there is none, or `nil` if a point is not followed by a digit.
    mutating func fraction() -> Double? {
        guard skip(".", ",") else { return 0 }
        let digits = rest.prefix { (48...57).contains($0) }
        guard !digits.isEmpty else { return nil }
        rest = rest.dropFirst(digits.count)
        // More digits than a Double holds could round up to 1.
        return digits.prefix(15).reversed().reduce(0.0) { ($0 + Double($1 - 48)) / 10 }
    }

    /// The seconds east of UTC, or `nil` if there is neither a `Z` nor an offset.
    mutating func offset() -> Int? {
        if skip("Z", "z") { return 0 }
        let isWest = rest.first == UInt8(ascii: "-")
        guard skip("+", "-"), let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60
        else { return nil }
        return (isWest ? -1 : 1) * (hours * 60 + minutes) * 60
    }
}
