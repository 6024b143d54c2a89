/// The texts of an XML document by element name, which is all that STS answers need.
///
/// Attributes, comments and processing instructions are passed over; entities other than the five of XML and numeric ones are refused,
/// so nothing is ever expanded or fetched.
struct XMLTexts {
    private var texts: [String: String] = [:]

    /// Parses a document; nil where it is not well formed.
    init?(_ bytes: [UInt8]) {
        var rest = bytes[...]
        var open: [String] = []
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

    /// The text of the first element of that name; nil where there is none or it is empty.
    subscript(name: String) -> String? {
        guard let text = texts[name]?.trimmed, !text.isEmpty else { return nil }
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
    private static func name(of tag: ArraySlice<UInt8>) -> String {
        let name = tag.prefix { !$0.isBlank && $0 != UInt8(ascii: "\n") }
        return name.split(separator: UInt8(ascii: ":")).last.map(\.text) ?? ""
    }

    private static func unescape(_ bytes: [UInt8]) -> String? {
        guard bytes.contains(UInt8(ascii: "&")) else { return String(decoding: bytes, as: UTF8.self) }
        var text = ""
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "&", omittingEmptySubsequences: false)
        text.append(contentsOf: parts.first ?? "")
        for part in parts.dropFirst() {
            guard let end = part.firstIndex(of: ";"), let scalar = scalar(part[..<end]) else { return nil }
            text.unicodeScalars.append(scalar)
            text.append(contentsOf: part[part.index(after: end)...])
        }
        return text
    }

    private static func scalar(_ entity: Substring) -> Unicode.Scalar? {
        let named: [Substring: Unicode.Scalar] = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
        if let scalar = named[entity] { return scalar }
        let code = entity.hasPrefix("#x") ? UInt32(entity.dropFirst(2), radix: 16) : UInt32(entity.dropFirst())
        return entity.hasPrefix("#") ? code.flatMap(Unicode.Scalar.init) : nil
    }
}
