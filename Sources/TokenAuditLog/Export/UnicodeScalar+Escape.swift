import RDSIAMBasics

// For exports, pages and terminals alike.
extension Unicode.Scalar {
    /// Whether it is not shown as a character: it ends a line, moves a cursor, turns the direction of writing, or is
    /// nothing to see.
    package var isInvisible: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
        default: false
        }
    }

    /// The escape `\u{1b}`.
    package var bracedEscape: String {
        let digits = Hexadecimal.encode(UInt64(value)).utf8.drop { $0 == UInt8(ascii: "0") }
        return "\\u{\(digits.isEmpty ? "0" : String(decoding: digits, as: UTF8.self))}"
    }

    /// The escapes of its UTF-16 code units as in JSON, `\u001b`.
    package var jsonEscape: String {
        utf16.map { "\\u" + Hexadecimal.encode([UInt8($0 >> 8), UInt8($0 & 0xFF)]) }.joined()
    }
}

extension String {
    /// The text with escapes instead of what is not shown as a character; JSON keeps its meaning.
    package var withJSONEscapes: String {
        guard unicodeScalars.contains(where: \.isInvisible) else { return self }
        return unicodeScalars.map { $0.isInvisible ? $0.jsonEscape : String($0) }.joined()
    }
}
