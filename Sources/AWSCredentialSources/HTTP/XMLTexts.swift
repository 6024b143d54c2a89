import RDSIAMBasics

/// The texts of an XML document by element name, which is all that STS answers need.
///
/// Attributes, comments and processing instructions are passed over; entities other than the five of XML and numeric
/// ones are refused, so nothing is ever expanded or fetched.
struct XMLTexts {
    private var texts: [ByteText: String] = [:]

    /// Parses a document; `nil` if it is not well formed.
    init?(_ bytes: [UInt8]) {
        var rest = bytes[...]
        var open: [ByteText] = []
        var text: [UInt8] = []
        while let start = rest.firstIndex(of: UInt8(ascii: "<")) {
            text.append(contentsOf: rest[..<start])
            guard let (tag, end) = Self.tag(rest[start...]) else { return nil }
            rest = rest[end...]
            guard let kind = Self.kind(of: tag) else { continue }
            if kind == .close {
                guard let name = open.popLast(), name == Self.name(of: tag.dropFirst()) else { return nil }
                guard let value = Self.unescape(text) else { return nil }
                if texts[name] == nil { texts[name] = value }
            } else if kind == .open {
                open.append(Self.name(of: tag))
            }
            text = []
        }
        guard open.isEmpty, !texts.isEmpty else { return nil }
    }

    /// The text of the first element of that name; `nil` if there is none or it is empty.
    subscript(name: String) -> String? {
        guard let text = texts[ByteText(name)]?.trimmed, !text.isEmpty else { return nil }
        return text
    }

    private enum Kind { case open, close, empty }

    private static func kind(of tag: ArraySlice<UInt8>) -> Kind? {
        switch tag.first {
        case UInt8(ascii: "?"), UInt8(ascii: "!"), nil: nil
        case UInt8(ascii: "/"): .close
        default: tag.last == UInt8(ascii: "/") ? .empty : .open
        }
    }

    /// What stands between `<` and `>`, and where the rest begins.
    private static func tag(_ bytes: ArraySlice<UInt8>) -> (tag: ArraySlice<UInt8>, end: Int)? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: ">")) else { return nil }
        return (bytes[(bytes.startIndex + 1)..<end], end + 1)
    }

    /// The name without its attributes and its namespace prefix.
    private static func name(of tag: ArraySlice<UInt8>) -> ByteText {
        let name = tag.prefix { !$0.isBlank && $0 != UInt8(ascii: "\n") }
        return ByteText(name.split(separator: UInt8(ascii: ":")).last?.text ?? "")
    }

    private static func unescape(_ bytes: [UInt8]) -> String? {
        var text: [UInt8] = []
        var rest = bytes[...]
        while let start = rest.firstIndex(of: UInt8(ascii: "&")) {
            text += rest[..<start]
            guard let end = rest[start...].firstIndex(of: UInt8(ascii: ";")) else { return nil }
            guard let scalar = scalar(rest[(start + 1)..<end]) else { return nil }
            text += String(scalar).utf8
            rest = rest[(end + 1)...]
        }
        return String(decoding: text + rest, as: UTF8.self)
    }

    /// What an entity stands for, by what is between its `&` and its `;`.
    private static func scalar(_ entity: ArraySlice<UInt8>) -> Unicode.Scalar? {
        let named: [ByteText: Unicode.Scalar] = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
        guard entity.first == UInt8(ascii: "#") else { return named[ByteText(entity.text)] }
        let isHexadecimal = entity.dropFirst().first == UInt8(ascii: "x")
        let digits = entity.dropFirst(isHexadecimal ? 2 : 1)
        // `UInt32` would take a sign.
        guard digits.allSatisfy({ Hexadecimal.value(of: $0) != nil }) else { return nil }
        return UInt32(digits.text, radix: isHexadecimal ? 16 : 10).flatMap(Unicode.Scalar.init)
    }
}
