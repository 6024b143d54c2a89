import RDSIAMBasics

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
    /// The text without white space at either end; what combining marks stand on stays.
    var trimmed: String {
        let scalars = unicodeScalars
        guard
            let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }

    /// Whether it consists of so many letters and digits of ASCII, and of these other ASCII characters.
    func isASCIIName(of lengths: ClosedRange<Int>, alsoHolding others: String) -> Bool {
        lengths.contains(utf8.count)
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: others.utf8.contains(byte)
                }
            }
    }
}

extension String? {
    /// The text as a key that is compared by its bytes.
    var byteText: ByteText? { map { ByteText($0) } }
}

extension [String: String] {
    /// The value of the key that consists of exactly these bytes.
    ///
    /// To Swift the Kelvin sign U+212A equals `K`; to the operating system they name two variables.
    func value(_ key: String) -> String? {
        guard let index = index(forKey: key), self[index].key.isBytewiseEqual(to: key) else { return nil }
        return self[index].value
    }
}
