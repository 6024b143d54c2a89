/// Percent-encoding as Signature Version 4 wants it: all but the unreserved characters of RFC 3986 §2.3, upper-case digits.
enum PercentEncoding {
    /// For each byte, its encoded text in the three low bytes and that text's length in the fourth.
    ///
    /// One store of four bytes and one addition encode a byte, without a branch the processor could guess wrong.
    private static let table: [UInt32] = (0...255).map { byte in
        isUnreserved(UInt8(byte)) ? 1 << 24 | UInt32(byte) : 3 << 24 | escape(UInt8(byte))
    }

    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// The three characters `%XX`, the first in the lowest byte.
    private static func escape(_ byte: UInt8) -> UInt32 {
        let digits = Array("0123456789ABCDEF".utf8)
        return UInt32(UInt8(ascii: "%")) | UInt32(digits[Int(byte >> 4)]) << 8 | UInt32(digits[Int(byte & 15)]) << 16
    }

    /// Encodes text and returns the end of what it wrote.
    ///
    /// Session tokens are long and mostly letters, so sixteen bytes that need no escape are copied in one go.
    static func encode(
        _ text: UnsafeBufferPointer<UInt8>,
        to start: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        guard let bytes = text.baseAddress else { return start }
        var target = start
        var index = 0
        while index + 16 <= text.count {
            if ASCIIClass.areUnreserved(sixteen: bytes + index) {
                target.update(from: bytes + index, count: 16)
                target += 16
            } else {
                target = encode(bytes + index, count: 16, to: target)
            }
            index += 16
        }
        return encode(bytes + index, count: text.count - index, to: target)
    }

    /// Encodes byte by byte; the last store is four bytes wide whatever it holds.
    private static func encode(
        _ bytes: UnsafePointer<UInt8>,
        count: Int,
        to start: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        table.withUnsafeBufferPointer { table in
            var target = start
            for index in 0..<count {
                let entry = table[Int(bytes[index])]
                UnsafeMutableRawPointer(target).storeBytes(of: entry.littleEndian, as: UInt32.self)
                target += Int(entry >> 24)
            }
            return target
        }
    }

    /// The encoded text of a name or a value.
    static func encode(_ text: String) -> String {
        .written(capacity: ByteWriter.encodedCapacity(text.utf8.count)) { writer in
            text.withUTF8Bytes { writer.append(percentEncoding: $0) }
        }
    }

    /// The encoded text of a path; `literal` bytes stay as they are.
    static func encode(path: String, keeping literal: [UInt8]) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(path.utf8.count)
        for byte in path.utf8 {
            if literal.contains(byte) || isUnreserved(byte) {
                bytes.append(byte)
            } else {
                withUnsafeBytes(of: escape(byte).littleEndian) { bytes.append(contentsOf: $0.prefix(3)) }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
