// The bytes that end a part of a connection string. Those below 64 are looked up in the bits of one constant.
extension UInt8 {
    private static func bit(_ character: Unicode.Scalar) -> UInt64 { 1 &<< UInt64(UInt8(ascii: character)) }

    @inline(__always)
    private func isIn(_ set: UInt64) -> Bool { self < 64 && (set &>> UInt64(self)) & 1 == 1 }

    /// Space, tab, line feed, vertical tab, form feed and carriage return: the white space of the C locale.
    private static var blanks: UInt64 { bit(" ") | 0b11_1110_0000_0000 }

    var isBlank: Bool { isIn(Self.blanks) }

    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    var isAlphanumeric: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: isDigit
        }
    }

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
    /// Returns the index of the first byte that passes the test, or the end.
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

// A search of the whole input, 32 bytes at a time, so that the parser need not search its parts.
extension Span where Element == UInt8 {
    private typealias Block = SIMD4<UInt64>

    /// Whether there is a NUL byte.
    var hasNUL: Bool { hasAny(0, 0, 0) }

    /// Whether there is one of three bytes.
    @inline(__always)
    func hasAny(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Bool {
        var found = Block.zero
        var cursor = 0
        while cursor + 32 <= count {
            let block = bytes.unsafeLoadUnaligned(fromByteOffset: cursor, as: Block.self)
            found |= Self.zeroBytes(block, first) | Self.zeroBytes(block, second) | Self.zeroBytes(block, third)
            cursor += 32
        }
        let topBits: UInt64 = 0x8080_8080_8080_8080
        if (found[0] | found[1] | found[2] | found[3]) & topBits != 0 { return true }
        return firstIndex(from: cursor) { $0 == first || $0 == second || $0 == third } < count
    }

    /// Returns words with a top bit set if and only if one of the bytes is the wanted one: only a byte that became 0
    /// borrows while its own top bit is clear.
    @inline(__always)
    private static func zeroBytes(_ block: Block, _ wanted: UInt8) -> Block {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let difference = block ^ Block(repeating: ones &* UInt64(wanted))
        return (difference &- Block(repeating: ones)) & ~difference
    }
}

extension Span where Element == UInt8 {
    /// Returns a copy of a range, for the slow path of an error.
    func copy(_ range: Range<Int>) -> [UInt8] {
        range.map { self[$0] }
    }

    func copy() -> [UInt8] {
        copy(0..<count)
    }
}
