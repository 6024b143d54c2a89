// For terminals, logs, exports and pages alike.
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

    /// The escape as in Swift: `\n`, `\r`, `\t`, or `\u{1b}`.
    fileprivate var escape: String {
        switch self {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: bracedEscape
        }
    }

    /// The escapes of its UTF-16 code units as in JSON, `\u001b`.
    package var jsonEscape: String {
        utf16.map { "\\u" + Hexadecimal.encode([UInt8($0 >> 8), UInt8($0 & 0xFF)]) }.joined()
    }
}

extension String {
    /// Returns the text with escapes such as `\u{1b}` instead of what is not shown as a character, so that a terminal
    /// does not act on it.
    ///
    /// - Parameter kept: What stays as it is, such as the ends of lines.
    package func escapingInvisible(except kept: [Unicode.Scalar] = []) -> String {
        escaping(except: kept) { $0.escape }
    }

    /// The text with escapes instead of what is not shown as a character; JSON keeps its meaning.
    package var withJSONEscapes: String { escaping { $0.jsonEscape } }

    private func escaping(except kept: [Unicode.Scalar] = [], as escape: (Unicode.Scalar) -> String) -> String {
        guard unicodeScalars.contains(where: { $0.isInvisible && !kept.contains($0) }) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.isInvisible, !kept.contains(scalar) {
                text += escape(scalar)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}
