extension UInt8 {
    /// Space, tab, carriage return, vertical tab or form feed.
    var isBlank: Bool { self == 0x20 || self == 0x09 || self == 0x0D || self == 0x0B || self == 0x0C }
}

extension ArraySlice<UInt8> {
    /// The bytes as text.
    var text: String { String(decoding: self, as: UTF8.self) }

    /// The bytes without blanks at either end.
    var trimmed: ArraySlice<UInt8> {
        guard let first = firstIndex(where: { !$0.isBlank }), let last = lastIndex(where: { !$0.isBlank }) else {
            return self[endIndex...]
        }
        return self[first...last]
    }

    /// The bytes without a comment, which begins with `#` or `;` after a blank.
    var withoutComment: ArraySlice<UInt8> {
        var afterBlank = false
        for index in indices {
            let byte = self[index]
            if afterBlank, byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") { return self[..<index].trimmed }
            afterBlank = byte.isBlank
        }
        return trimmed
    }

    /// What stands before and after the first `=`, trimmed; nil without one.
    var dividedAtEquals: (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)? {
        guard let middle = firstIndex(of: UInt8(ascii: "=")) else { return nil }
        return (self[..<middle].trimmed, self[(middle + 1)...].trimmed)
    }
}

extension String {
    /// The text without white space at either end.
    var trimmed: String {
        guard
            let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
