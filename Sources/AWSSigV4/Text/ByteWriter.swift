/// Writes text into memory of a fixed size, front to back.
///
/// Every piece is checked against the room that is left, so a wrong estimate of the size stops the process instead of writing
/// past the end. The functions are inlined so that pieces of a known length become plain stores.
struct ByteWriter {
    private let base: UnsafeMutableRawPointer?
    private let capacity: Int
    private(set) var count = 0

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
        base = UnsafeMutableRawPointer(buffer.baseAddress)
        capacity = buffer.count
    }

    /// The bytes from a position to the end of what was written.
    func written(from start: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(start: base, count: count)[start...])
    }

    /// The hash of a short text and of what was written from a position on.
    ///
    /// The text stands in front of that position for as long as the hash takes, where there is room: one piece hashes faster than
    /// two.
    @inline(__always)
    func hash(after text: StaticString, from position: Int) throws(SigV4Error) -> SHA256Digest {
        let front = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        let start = position - front.count
        guard let base, start >= 0, front.count <= 8, count - start >= 8 else {
            return try SHA256Digest.hash(front, written(from: position))
        }
        let saved = base.loadUnaligned(fromByteOffset: start, as: UInt64.self)
        (base + start).copyMemory(from: text.utf8Start, byteCount: front.count)
        defer { (base + start).storeBytes(of: saved, as: UInt64.self) }
        return try SHA256Digest.hash(written(from: start))
    }

    /// Takes back what was written after a position.
    mutating func truncate(to position: Int) {
        precondition(position <= count, "a position behind the end of the text")
        count = position
    }

    /// Hands out room for at most `length` bytes; `body` says how many it wrote.
    @inline(__always)
    mutating func append(atMost length: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int) {
        guard let base, length <= capacity - count else {
            preconditionFailure("text longer than the room reserved for it")
        }
        count += body((base + count).assumingMemoryBound(to: UInt8.self))
    }

    @inline(__always)
    mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        append(atMost: bytes.count) { target in
            UnsafeMutableRawPointer(target).copyMemory(from: start, byteCount: bytes.count)
            return bytes.count
        }
    }

    @inline(__always)
    mutating func append(_ text: String) {
        text.withUTF8Bytes { append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends again what was written between two positions.
    @inline(__always)
    mutating func append(copyOf range: Range<Int>) {
        precondition(range.upperBound <= count, "a position behind the end of the text")
        append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(start: base, count: count)[range]))
    }

    /// Appends ASCII text with its capital letters made small.
    @inline(__always)
    mutating func append(lowercasing text: UnsafeBufferPointer<UInt8>) {
        guard let bytes = text.baseAddress else { return }
        append(atMost: text.count) { target in
            for index in 0..<text.count {
                let byte = bytes[index]
                target[index] = byte | (byte &- UInt8(ascii: "A") < 26 ? 0x20 : 0)
            }
            return text.count
        }
    }

    /// Appends a number that is not negative in decimal digits.
    @inline(__always)
    mutating func append(decimal number: Int) {
        var bound = 10
        var digits = 1
        while bound <= number {
            bound *= 10
            digits += 1
        }
        append(atMost: digits) { target in
            var rest = UInt(number)
            for index in stride(from: digits - 1, through: 0, by: -1) {
                target[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            return digits
        }
    }
}
