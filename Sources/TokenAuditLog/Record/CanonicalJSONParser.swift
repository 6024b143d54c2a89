/// Reads what ``CanonicalJSON`` writes.
///
/// Anything else, JSON or not, reads as nil.
struct CanonicalJSONParser {
    private let bytes: [UInt8]
    private var position = 0

    private static let deepest = 8

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    static func parse(_ bytes: [UInt8]) -> CanonicalJSON? {
        var parser = CanonicalJSONParser(bytes)
        guard let value = parser.value(depth: 0), parser.position == bytes.count else { return nil }
        return value
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard let next, next == UInt8(ascii: byte) else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) -> CanonicalJSON? {
        guard depth < Self.deepest else { return nil }
        switch next {
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "\""): return string().map { .string($0) }
        default: return integer().map { .integer($0) }
        }
    }

    private mutating func object(depth: Int) -> CanonicalJSON? {
        guard take("{") else { return nil }
        var members: [CanonicalJSONObject.Member] = []
        if take("}") { return .object([:]) }
        repeat {
            guard let key = string(), take(":"), let value = value(depth: depth + 1) else { return nil }
            members.append(.init(key: key, value: value))
        } while take(",")
        let object = CanonicalJSONObject(members)
        return take("}") && object.hasEachKeyOnce ? .object(object) : nil
    }

    private mutating func integer() -> Int64? {
        let start = position
        while let next, next == UInt8(ascii: "-") || (0x30...0x39).contains(next) { position += 1 }
        return Int64(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func string() -> String? {
        guard take("\"") else { return nil }
        var text: ArraySlice<UInt8> = plainText()
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = escape() else { return nil }
                text.append(escaped)
            case ..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    /// The text up to the first byte that means something, where it lies: most strings have no escape.
    private mutating func plainText() -> ArraySlice<UInt8> {
        let start = position
        while let next, next >= 0x20, next != UInt8(ascii: "\""), next != UInt8(ascii: "\\") { position += 1 }
        return bytes[start..<position]
    }

    private mutating func escape() -> UInt8? {
        guard let letter = next else { return nil }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return letter
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "u"): return controlCharacter()
        default: return nil
        }
    }

    /// `\u00` and two digits: in the canonical form only control characters are written so.
    private mutating func controlCharacter() -> UInt8? {
        guard position + 4 <= bytes.count else { return nil }
        let digits = String(decoding: bytes[position..<position + 4], as: UTF8.self)
        position += 4
        guard let code = Hexadecimal.decode(digits), code[0] == 0, code[1] < 0x20 else { return nil }
        return code[1]
    }
}
