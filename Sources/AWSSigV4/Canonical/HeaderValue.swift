/// A header's value as it is signed: without white space around it and with one space for each run of it inside.
///
/// A line end followed by white space is a folded line (RFC 7230 §3.2.4) and counts as white space. Any other would begin a header
/// of the attacker's choice.
enum HeaderValue {
    static func canonical(_ value: String) throws(SigV4Error) -> String {
        if isCanonical(value) { return value }
        var result: [UInt8] = []
        var pendingSpace = false
        let bytes = Array(value.utf8)
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"):
                pendingSpace = !result.isEmpty
            case UInt8(ascii: "\r"), UInt8(ascii: "\n"):
                guard isFold(bytes[index...]) else { throw controlCharacter }
                pendingSpace = !result.isEmpty
            case 0..<0x20, 0x7F:
                throw controlCharacter
            default:
                if pendingSpace { result.append(UInt8(ascii: " ")) }
                pendingSpace = false
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Whether nothing need be done, as for nearly every value: no controls, no space at either end, no two in a row.
    private static func isCanonical(_ value: String) -> Bool {
        value.withUTF8Bytes { text in
            guard let bytes = text.baseAddress, let first = text.first, let last = text.last else { return true }
            var isSuspect: UInt8 = 0
            // No early way out, so that the compiler can look at sixteen bytes at once.
            for index in 0..<(text.count - 1) {
                let (byte, next) = (bytes[index], bytes[index + 1])
                isSuspect |= (byte < 0x20 ? 1 : 0) | (byte == 0x7F ? 1 : 0) | (byte | next == 0x20 ? 1 : 0)
            }
            return isSuspect == 0 && first != 0x20 && last > 0x20 && last != 0x7F
        }
    }

    /// Whether a line end, at the beginning of `rest`, is one that folds a line.
    private static func isFold(_ rest: ArraySlice<UInt8>) -> Bool {
        let line = rest.first == UInt8(ascii: "\r") ? rest.dropFirst() : rest
        guard line.first == UInt8(ascii: "\n"), let next = line.dropFirst().first else { return false }
        return next == UInt8(ascii: " ") || next == UInt8(ascii: "\t")
    }

    private static let controlCharacter = SigV4Error(
        .invalidRequest,
        "a header value holds a control character or a line end that is not followed by white space"
    )
}
