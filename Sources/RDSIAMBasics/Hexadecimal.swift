/// Bytes as hexadecimal digits (RFC 4648 §8).
package enum Hexadecimal {
    package static let lowercaseDigits = Array("0123456789abcdef".utf8)
    package static let uppercaseDigits = Array("0123456789ABCDEF".utf8)

    /// Returns two lowercase digits for each byte.
    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        bytes.withContiguousStorageIfAvailable { encode($0) } ?? Array(bytes).withUnsafeBufferPointer { encode($0) }
    }

    /// The same for one type, as generic code in another module takes many times as long.
    package static func encode(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        String(unsafeUninitializedCapacity: 2 * bytes.count) { space in
            write(bytes, to: space)
            return 2 * bytes.count
        }
    }

    /// Appends two lowercase digits for each byte.
    package static func append(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * bytes.count) { space in
            write(bytes, to: space)
            output.append(contentsOf: space)
        }
    }

    private static func write(_ bytes: UnsafeBufferPointer<UInt8>, to space: UnsafeMutableBufferPointer<UInt8>) {
        lowercaseDigits.withUnsafeBufferPointer { digits in
            for (index, byte) in bytes.enumerated() {
                space[2 * index] = digits[Int(byte >> 4)]
                space[2 * index + 1] = digits[Int(byte & 0xF)]
            }
        }
    }

    /// Returns the sixteen lowercase digits of a word, the most significant first.
    package static func encode(_ word: UInt64) -> String {
        encode((0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) })
    }

    /// Returns the bytes, or `nil` if the text is anything but pairs of digits in either case.
    package static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(of: digits[index]), let low = value(of: digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    /// Returns the number that an ASCII digit stands for, or `nil` if it is not a hexadecimal digit.
    @inlinable
    package static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
