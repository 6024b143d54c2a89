/// Writes text into memory of a fixed size, front to back.
///
/// Every piece is checked against the room that is left, so a wrong estimate of the size stops the process instead of writing
/// past the end.
struct ByteWriter {
    private let base: UnsafeMutableRawPointer?
    private let capacity: Int
    private(set) var count = 0

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
        base = UnsafeMutableRawPointer(buffer.baseAddress)
        capacity = buffer.count
    }

    /// The room to reserve for `count` bytes that may each become `%XX`.
    static func encodedCapacity(_ count: Int) -> Int {
        // The last store is four bytes wide whatever it holds.
        3 * count + 4
    }

    private func room(for length: Int) -> UnsafeMutableRawPointer {
        guard let base, length <= capacity - count else {
            preconditionFailure("text longer than the room reserved for it")
        }
        return base + count
    }

    /// The bytes from a position to the end of what was written.
    func written(from start: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base, count: count)[start...].rebased
    }

    /// Takes back what was written after a position.
    mutating func truncate(to position: Int) {
        precondition(position <= count, "a position behind the end of the text")
        count = position
    }

    mutating func append(_ text: StaticString) {
        room(for: text.utf8CodeUnitCount).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        count += text.utf8CodeUnitCount
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        room(for: bytes.count).copyMemory(from: start, byteCount: bytes.count)
        count += bytes.count
    }

    mutating func append(_ text: String) {
        text.withUTF8Bytes { append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends ASCII text with its capital letters made small.
    mutating func append(lowercasing text: String) {
        text.withUTF8Bytes { bytes in
            let target = room(for: bytes.count)
            for index in 0..<bytes.count {
                let byte = bytes[index]
                let isCapital = byte &- UInt8(ascii: "A") < 26
                target.storeBytes(of: isCapital ? byte | 0x20 : byte, toByteOffset: index, as: UInt8.self)
            }
            count += bytes.count
        }
    }

    mutating func append(percentEncoding text: String) {
        text.withUTF8Bytes { bytes in
            var target = room(for: Self.encodedCapacity(bytes.count))
            let start = target
            PercentEncoding.table.withUnsafeBufferPointer { table in
                for byte in bytes {
                    let entry = table[Int(byte)]
                    target.storeBytes(of: entry.littleEndian, as: UInt32.self)
                    target += Int(entry >> 24)
                }
            }
            count += target - start
        }
    }

    /// Appends a number that is not negative in decimal digits, at least `width` of them.
    mutating func append(decimal number: Int, width: Int = 1) {
        var digits = width
        var bound = (0..<width).reduce(1) { bound, _ in bound * 10 }
        while bound <= number {
            digits += 1
            bound *= 10
        }
        let target = room(for: digits)
        var rest = number
        for index in stride(from: digits - 1, through: 0, by: -1) {
            target.storeBytes(
                of: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10),
                toByteOffset: index,
                as: UInt8.self
            )
            rest /= 10
        }
        count += digits
    }

    /// Appends the bytes in lower-case hexadecimal.
    mutating func append(hexadecimal bytes: UnsafeRawBufferPointer) {
        let target = room(for: 2 * bytes.count)
        for (index, byte) in bytes.enumerated() {
            let digits = UInt16(Self.hexadecimal(byte >> 4)) | UInt16(Self.hexadecimal(byte & 15)) << 8
            target.storeBytes(of: digits.littleEndian, toByteOffset: 2 * index, as: UInt16.self)
        }
        count += 2 * bytes.count
    }

    private static func hexadecimal(_ nibble: UInt8) -> UInt8 {
        nibble &+ UInt8(ascii: "0") &+ (nibble > 9 ? 39 : 0)
    }
}

extension Slice where Base == UnsafeRawBufferPointer {
    fileprivate var rebased: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self) }
}
