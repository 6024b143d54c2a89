#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// Names for events: UUIDs of version 7 (RFC 9562 §5.7), 48 bits of milliseconds and 74 random bits.
package enum EventID {
    package static func make(at time: Date) -> String {
        let seconds = time.timeIntervalSince1970
        // 48 bits; what is no time at all counts as none.
        let milliseconds = seconds.isFinite ? UInt64(min(max(0, seconds * 1000), 281_474_976_710_655)) : 0
        let high = (milliseconds << 16) | 0x7000 | UInt64.random(in: 0...0x0FFF)
        let low = 0x8000_0000_0000_0000 | UInt64.random(in: 0...0x3FFF_FFFF_FFFF_FFFF)
        return hyphenated(hexadecimal(high) + hexadecimal(low))
    }

    private static func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func hyphenated(_ digits: String) -> String {
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        return text
    }
}
