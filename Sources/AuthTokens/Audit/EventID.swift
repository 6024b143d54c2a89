package import RDSIAMSystem

/// Names for events: UUIDs of version 7 (RFC 9562 §5.7), 48 bits of milliseconds and 74 random bits.
package enum EventID {
    package static func make(at time: Date) -> String {
        // Clamped to the 48 bits there are; what is not a number counts as 1970.
        let milliseconds = time.timeIntervalSince1970 * 1000
        let stamp = milliseconds > 0 ? UInt64(min(milliseconds, 281_474_976_710_655)) : 0
        let high = stamp << 16 | 0x7000 | UInt64.random(in: 0...0x0FFF)
        let low = 0x8000_0000_0000_0000 | UInt64.random(in: 0...0x3FFF_FFFF_FFFF_FFFF)
        let digits = Hexadecimal.encode(high) + Hexadecimal.encode(low)
        var (text, rest) = ("", digits[...])
        for length in [8, 4, 4, 4] {
            text += rest.prefix(length) + "-"
            rest = rest.dropFirst(length)
        }
        return text + rest
    }
}
