extension ByteWriter {
    /// The room to reserve for `count` bytes that may each become `%XX`.
    static func encodedCapacity(_ count: Int) -> Int {
        // The last store is four bytes wide whatever it holds.
        3 * count + 4
    }

    /// Appends text with all but its unreserved characters as `%XX`.
    @inline(__always)
    mutating func append(percentEncoding text: UnsafeBufferPointer<UInt8>) {
        append(atMost: Self.encodedCapacity(text.count)) { PercentEncoding.encode(text, to: $0) - $0 }
    }

    /// Appends the 64 hexadecimal digits of a digest in small letters.
    @inline(__always)
    mutating func append(hexadecimal digest: SHA256Digest) {
        append(atMost: 64) { target in
            digest.withUnsafeBytes { bytes in
                for index in 0..<8 {
                    let word = bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
                    UnsafeMutableRawPointer(target).storeBytes(
                        of: Self.hexadecimal(UInt32(bigEndian: word)).bigEndian,
                        toByteOffset: 8 * index,
                        as: UInt64.self
                    )
                }
            }
            return 64
        }
    }

    /// The eight digits of a word, the first in the highest byte; all are made at once, each in a byte of its own.
    private static func hexadecimal(_ word: UInt32) -> UInt64 {
        var nibbles = UInt64(word)
        nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0F
        // Adding 6 carries into bit 4 from 10 on: those become letters, 39 places above the digits' next.
        let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 39
    }

    /// Appends a date in the basic format of ISO 8601, `20260131`.
    @inline(__always)
    mutating func append(basicDateOf time: SigningTime) {
        append(asciiWord: time.dateDigits)
    }

    /// Appends date and time in the basic format of ISO 8601, `20260131T235959Z`.
    @inline(__always)
    mutating func append(basicDateTimeOf time: SigningTime) {
        append(asciiWord: time.dateDigits)
        append(asciiWord: time.timeDigits)
    }

    /// Appends eight characters, the first in the lowest byte.
    @inline(__always)
    mutating func append(asciiWord word: UInt64) {
        append(atMost: 8) { target in
            UnsafeMutableRawPointer(target).storeBytes(of: word.littleEndian, as: UInt64.self)
            return 8
        }
    }
}
