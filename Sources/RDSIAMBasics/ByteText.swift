/// A text that is compared, ordered and hashed by its UTF-8 bytes.
///
/// Swift's `String` treats "é" as one code point and "é" as a letter with a combining mark as equal. PostgreSQL and
/// AWS do not: they are two roles, two secrets, two hosts. Wherever that matters, use this type as the key.
package struct ByteText: Sendable {
    package let string: String

    @inlinable
    package init(_ string: String) {
        self.string = string
    }
}

extension ByteText: Hashable, Comparable {
    @inlinable
    package static func == (left: Self, right: Self) -> Bool { left.string.isBytewiseEqual(to: right.string) }

    @inlinable
    package static func < (left: Self, right: Self) -> Bool {
        left.string.utf8.lexicographicallyPrecedes(right.string.utf8)
    }

    @inlinable
    package func hash(into hasher: inout Hasher) {
        var text = string
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        // As String does it: without an end, "ab" and "c" would hash as "a" and "bc".
        hasher.combine(0xFF as UInt8)
    }
}

extension ByteText: ExpressibleByStringLiteral, CustomStringConvertible {
    @inlinable
    package init(stringLiteral value: String) {
        string = value
    }

    package var description: String { string }
}

extension String {
    /// Returns whether both texts consist of the same bytes.
    @inlinable
    package func isBytewiseEqual(to other: String) -> Bool {
        var (left, right) = (self, other)
        return left.withUTF8 { left in
            right.withUTF8 { right in
                // A plain loop takes a tenth of the time of `elementsEqual`.
                guard left.count == right.count else { return false }
                for index in left.indices where left[index] != right[index] { return false }
                return true
            }
        }
    }

    /// Returns whether the text begins with the bytes of `prefix`.
    package func hasBytePrefix(_ prefix: String) -> Bool { utf8.starts(with: prefix.utf8) }

    /// Returns whether the text ends with the bytes of `suffix`.
    package func hasByteSuffix(_ suffix: String) -> Bool { utf8.reversed().starts(with: suffix.utf8.reversed()) }

    /// Returns whether the bytes of `other` occur in the text.
    package func containsBytes(_ other: String) -> Bool {
        let (text, other) = (Array(utf8), Array(other.utf8))
        guard !other.isEmpty, text.count >= other.count else { return other.isEmpty }
        return (0...text.count - other.count).contains { text[$0...].starts(with: other) }
    }

    /// Returns the text with every occurrence of the bytes of `other` replaced.
    package func replacingBytes(_ other: String, with replacement: String) -> String {
        let (text, other) = (Array(utf8), Array(other.utf8))
        guard !other.isEmpty else { return self }
        var output: [UInt8] = []
        var index = 0
        while index < text.count {
            if text[index] == other[0], text[index...].starts(with: other) {
                output += replacement.utf8
                index += other.count
            } else {
                output.append(text[index])
                index += 1
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Returns the text with the letters A to Z in lowercase; every other character stays.
    package func asciiLowercased() -> String {
        var text = self
        guard text.withUTF8({ $0.contains { $0 &- UInt8(ascii: "A") < 26 } }) else { return self }
        return String(decoding: utf8.map { $0 &- UInt8(ascii: "A") < 26 ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// Returns the text without spaces, tabs and line ends at both ends.
    package func trimmingASCIISpace() -> String {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let bytes = Array(utf8)
        guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }

    /// Returns the parts between occurrences of an ASCII character, whatever combining marks follow it.
    ///
    /// - Parameters:
    ///   - separator: An ASCII character.
    ///   - maxSplits: How many separators count; the rest of the text is the last part.
    ///   - omittingEmptySubsequences: Whether empty parts are left out.
    package func splitBytes(
        separator: Unicode.Scalar,
        maxSplits: Int = .max,
        omittingEmptySubsequences: Bool = true
    ) -> [String] {
        let separator = UInt8(ascii: separator)
        return utf8.split(
            separator: separator,
            maxSplits: maxSplits,
            omittingEmptySubsequences: omittingEmptySubsequences
        ).map { String(decoding: $0, as: UTF8.self) }
    }
}

extension String {
    /// The text as one word of a POSIX shell, in quotation marks (2.2.2, "Single-Quotes").
    package var quotedForShell: String { "'" + replacingBytes("'", with: #"'\''"#) + "'" }

    /// The text as one word of a POSIX shell, in quotation marks only if it needs them.
    package var shellWord: String {
        let isPlain = utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_./:@%+,=".utf8.contains(byte)
        }
        return isPlain && !isEmpty ? self : quotedForShell
    }
}
