// A first look at the whole input, 32 bytes at a time, so that its parts need no second look.
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

    /// Has a top bit set if and only if one of the bytes is the wanted one: only a byte that became 0 borrows while
    /// its own top bit is clear.
    @inline(__always)
    private static func zeroBytes(_ block: Block, _ wanted: UInt8) -> Block {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let difference = block ^ Block(repeating: ones &* UInt64(wanted))
        return (difference &- Block(repeating: ones)) & ~difference
    }
}
