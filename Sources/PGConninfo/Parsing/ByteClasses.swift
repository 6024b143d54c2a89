// The bytes that end a part of a connection string. Those below 64 are looked up in the bits of one constant.
extension UInt8 {
    private static func bit(_ character: Unicode.Scalar) -> UInt64 { 1 &<< UInt64(UInt8(ascii: character)) }

    @inline(__always)
    private func isIn(_ set: UInt64) -> Bool { self < 64 && (set &>> UInt64(self)) & 1 == 1 }

    /// Space, tab, line feed, vertical tab, form feed, carriage return: what is white space in the C locale.
    private static var blanks: UInt64 { bit(" ") | 0b11_1110_0000_0000 }

    var isBlank: Bool { isIn(Self.blanks) }

    var endsName: Bool { isIn(Self.blanks | Self.bit("=")) }

    var endsBareRun: Bool { isBlank || self == UInt8(ascii: "\\") }

    var endsQuotedRun: Bool { self == UInt8(ascii: "'") || self == UInt8(ascii: "\\") }

    var endsUserInfo: Bool { self == UInt8(ascii: "@") || self == UInt8(ascii: "/") }

    var endsUser: Bool { self == UInt8(ascii: "@") || self == UInt8(ascii: ":") }

    var endsHost: Bool { isIn(Self.bit(":") | Self.bit("/") | Self.bit("?") | Self.bit(",")) }

    var endsPort: Bool { isIn(Self.bit("/") | Self.bit("?") | Self.bit(",")) }

    var endsPairPart: Bool { isIn(Self.bit("=") | Self.bit("&")) }
}

extension Span where Element == UInt8 {
    /// The first byte that passes the test, or the end.
    @inline(__always)
    func firstIndex(from start: Int, where isWanted: (UInt8) -> Bool) -> Int {
        precondition(start >= 0)
        var cursor = start
        // Within 0 and count, so that the subscript need not check again.
        while cursor < count, !isWanted(self[unchecked: cursor]) { cursor += 1 }
        return cursor
    }

    @inline(__always)
    func endOfBlanks(from start: Int) -> Int {
        firstIndex(from: start) { !$0.isBlank }
    }
}

extension StaticString {
    func equals(_ bytes: Span<UInt8>) -> Bool {
        bytes.equals(self)
    }
}

extension Span where Element == UInt8 {
    @inline(__always)
    func equals(_ text: StaticString) -> Bool {
        guard text.utf8CodeUnitCount == count else { return false }
        for index in indices where self[unchecked: index] != text.utf8Start[index] { return false }
        return true
    }

    func hasPrefix(_ prefix: StaticString) -> Bool {
        count >= prefix.utf8CodeUnitCount && extracting(0..<prefix.utf8CodeUnitCount).equals(prefix)
    }
}
