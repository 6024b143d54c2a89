/// The part of JSON that payloads are written in: objects, strings and whole numbers, in the form of RFC 8785.
///
/// One value has exactly one text: keys sorted, no spaces, only the escapes JSON demands. That is why a payload can be
/// hashed, and why it reads back to the same bytes in any language.
enum CanonicalJSON: Sendable {
    case string(String)
    case integer(Int64)
    case object(CanonicalJSONObject)
    /// For exports; payloads have none.
    case array([CanonicalJSON])

    var utf8: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1024)
        write(to: &bytes)
        return bytes
    }

    private func write(to bytes: inout [UInt8]) {
        switch self {
        case .string(let text): Self.quote(text, to: &bytes)
        case .integer(let number): bytes.append(contentsOf: String(number).utf8)
        case .object(let object): Self.write(object.members, to: &bytes)
        case .array(let elements): Self.write(elements, to: &bytes)
        }
    }

    private static func write(_ members: [CanonicalJSONObject.Member], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            quote(member.key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            member.value.write(to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private static func write(_ elements: [CanonicalJSON], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            element.write(to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    static func quote(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        let isPlain = !text.utf8.contains { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
        if isPlain { bytes.append(contentsOf: text.utf8) } else { escape(text, to: &bytes) }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func escape(_ text: String, to bytes: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x08: bytes += Array(#"\b"#.utf8)
            case 0x09: bytes += Array(#"\t"#.utf8)
            case 0x0A: bytes += Array(#"\n"#.utf8)
            case 0x0C: bytes += Array(#"\f"#.utf8)
            case 0x0D: bytes += Array(#"\r"#.utf8)
            case ..<0x20: bytes += Array(#"\u00"#.utf8) + Hexadecimal.encode([byte]).utf8
            default: bytes.append(byte)
            }
        }
    }
}

extension CanonicalJSON: Equatable {
    /// Returns whether both have the same text, byte for byte.
    static func == (left: Self, right: Self) -> Bool { left.utf8 == right.utf8 }
}

extension CanonicalJSON {
    subscript(key: String) -> CanonicalJSON? {
        guard case .object(let object) = self else { return nil }
        return object.members.first { $0.key.isBytewiseEqual(to: key) }?.value
    }

    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    var number: Int64? {
        guard case .integer(let number) = self else { return nil }
        return number
    }

    /// An object of those members that are there.
    static func members(_ members: KeyValuePairs<String, CanonicalJSON?>) -> CanonicalJSON {
        .object(CanonicalJSONObject(members.compactMap { key, value in value.map { .init(key: key, value: $0) } }))
    }
}
