/// Tests of text as bytes of UTF-8.
enum ASCIIClass {
    private static let name: UInt8 = 1
    private static let host: UInt8 = 2

    /// For each byte the classes it belongs to.
    private static let classes: [UInt8] = (0...255).map { code in
        let byte = UInt8(code)
        switch Unicode.Scalar(byte) {
        case "A"..."Z", "a"..."z", "0"..."9", "-", "_": return name | host
        case ".", ":", "[", "]": return host
        default: return 0
        }
    }

    /// Whether a text is not empty and holds only letters, digits, `-` and `_`.
    static func isName(_ text: UnsafeBufferPointer<UInt8>) -> Bool { holds(only: name, text) }

    /// Whether a text is not empty and holds only letters, digits, `-`, `.`, `_` and, for IPv6, `[`, `]` and `:`.
    static func isHost(_ text: UnsafeBufferPointer<UInt8>) -> Bool { holds(only: host, text) }

    private static func holds(only wanted: UInt8, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        classes.withUnsafeBufferPointer { classes in
            var common = wanted
            for byte in text { common &= classes[Int(byte)] }
            return common != 0 && !text.isEmpty
        }
    }

    /// Whether a text holds a control character of Unicode (category Cc): C0, DEL or C1.
    static func holdsControl(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let bytes = text.baseAddress else { return false }
        var isSuspect: UInt8 = 0
        // No early way out, so that the compiler can look at sixteen bytes at once.
        for index in 0..<text.count {
            let byte = bytes[index]
            // In UTF-8 the C1 controls, U+0080 to U+009F, are C2 80 to C2 9F.
            isSuspect |= (byte < 0x20 ? 1 : 0) | (byte == 0x7F ? 1 : 0) | (byte == 0xC2 ? 1 : 0)
        }
        return isSuspect != 0 && holdsControl(suspect: text)
    }

    private static func holdsControl(suspect text: UnsafeBufferPointer<UInt8>) -> Bool {
        text.contains { $0 < 0x20 || $0 == 0x7F } || zip(text, text.dropFirst()).contains { $0 == 0xC2 && $1 < 0xA0 }
    }

    /// Whether sixteen bytes are all unreserved characters of RFC 3986 §2.3.
    @inline(__always)
    static func areUnreserved(sixteen bytes: UnsafePointer<UInt8>) -> Bool {
        var unreserved: UInt8 = 1
        for index in 0..<16 {
            let byte = bytes[index]
            let isLetter: UInt8 = (byte | 0x20) &- UInt8(ascii: "a") < 26 ? 1 : 0
            let isDigit: UInt8 = byte &- UInt8(ascii: "0") < 10 ? 1 : 0
            let isMark: UInt8 =
                (byte == UInt8(ascii: "-") ? 1 : 0) | (byte == UInt8(ascii: ".") ? 1 : 0)
                | (byte == UInt8(ascii: "_") ? 1 : 0) | (byte == UInt8(ascii: "~") ? 1 : 0)
            unreserved &= isLetter | isDigit | isMark
        }
        return unreserved == 1
    }
}
