/// Percent-encoding (RFC 3986 §2.1) of everything but unreserved characters, with uppercase digits.
///
/// Signature Version 4, the forms of AWS services and libpq's connection URIs all accept this form.
package enum PercentEncoding {
    /// For each byte, whether it is an unreserved character.
    private static let unreserved: [Bool] = (0...255).map { byte in
        switch Unicode.Scalar(UInt8(byte)) {
        case "A"..."Z", "a"..."z", "0"..."9", "-", ".", "_", "~": true
        default: false
        }
    }

    /// Returns whether a byte is an unreserved character of RFC 3986 §2.3.
    package static func isUnreserved(_ byte: UInt8) -> Bool { unreserved[Int(byte)] }

    /// Returns the three characters `%XX` for a byte.
    package static func escape(_ byte: UInt8) -> (UInt8, UInt8, UInt8) {
        let digits = Hexadecimal.uppercaseDigits
        return (UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)])
    }

    /// Appends the encoded form of `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: The text to encode, as UTF-8.
    ///   - literal: Reserved characters that stay as they are, such as the `/` of a path.
    ///   - output: The text to append to.
    package static func append(
        _ bytes: some Sequence<UInt8>,
        keeping literal: [UInt8] = [],
        to output: inout [UInt8]
    ) {
        let unreserved = unreserved
        for byte in bytes {
            if unreserved[Int(byte)] || literal.contains(byte) {
                output.append(byte)
            } else {
                let (percent, high, low) = escape(byte)
                output += [percent, high, low]
            }
        }
    }

    /// Appends the encoded form of a text.
    package static func append(_ text: String, to output: inout [UInt8]) {
        var text = text
        text.withUTF8 { bytes in
            // Most names and values stay as they are.
            if isUnreserved(bytes) { output.append(contentsOf: bytes) } else { append(bytes, to: &output) }
        }
    }

    private static func isUnreserved(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let unreserved = unreserved
        return bytes.allSatisfy { unreserved[Int($0)] }
    }

    /// Returns the encoded form of a text.
    package static func encode(_ text: String, keeping literal: [UInt8] = []) -> String {
        var text = text
        if text.withUTF8(isUnreserved) { return text }
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count + 32)
        append(text.utf8, keeping: literal, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// Returns the byte that `%XX` at `position` stands for, or `nil` if there is no such escape.
    @inlinable
    package static func decodedByte<Bytes: RandomAccessCollection<UInt8>>(
        at position: Bytes.Index,
        of bytes: Bytes
    ) -> UInt8? where Bytes.Index == Int {
        guard position + 2 < bytes.endIndex, bytes[position] == UInt8(ascii: "%"),
            let high = Hexadecimal.value(of: bytes[position + 1]), let low = Hexadecimal.value(of: bytes[position + 2])
        else { return nil }
        return high << 4 | low
    }

    /// Returns the bytes that a text stands for, or `nil` if a `%` is not followed by two digits.
    package static func decode(_ text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var position = 0
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "%") else {
                output.append(bytes[position])
                position += 1
                continue
            }
            guard let byte = decodedByte(at: position, of: bytes) else { return nil }
            output.append(byte)
            position += 3
        }
        return output
    }
}
