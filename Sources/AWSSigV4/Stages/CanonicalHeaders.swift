import RDSIAMBasics

/// The headers as they are signed: in lowercase, sorted by name, values trimmed and joined.
struct CanonicalHeaders {
    /// A line for each name, each with its line end, in UTF-8.
    let lines: [UInt8]
    /// The names, separated by `;`.
    let names: String

    /// Takes the host and the other headers to sign.
    init(host: String, _ fields: [SigV4Field]) throws(SigV4Error) {
        try Self.check(host: host)
        guard !fields.isEmpty else {
            var line: [UInt8] = []
            line.reserveCapacity(8 + host.utf8.count)
            line.append(utf8: "host:")
            line.append(utf8: host.asciiLowercased())
            line.append(UInt8(ascii: "\n"))
            lines = line
            names = "host"
            return
        }
        var sorted = [SigV4Field("host", host.asciiLowercased())]
        for field in fields {
            sorted.append(SigV4Field(try Self.name(field.name), try Self.value(field.value)))
        }
        // The names are ASCII, where the order of strings is the order of bytes. The sort keeps the order of equal
        // names, and so that of their values.
        sorted.sort { $0.name < $1.name }

        var lines: [String] = []
        var names: [String] = []
        for field in sorted {
            if names.last == field.name {
                lines[lines.endIndex - 1] += ",\(field.value)"
            } else {
                names.append(field.name)
                lines.append("\(field.name):\(field.value)")
            }
        }
        self.lines = Array((lines.joined(separator: "\n") + "\n").utf8)
        self.names = names.joined(separator: ";")
    }

    /// Refuses a host that would mean something else in a header or a token.
    static func check(host: String) throws(SigV4Error) {
        var text = host
        let allowed = hostBytes
        let isHost = text.withUTF8 { $0.allSatisfy { allowed[Int($0)] } }
        // A port alone has no host before it.
        guard isHost, let first = host.utf8.first, first != UInt8(ascii: ":") else {
            throw SigV4Error(
                .invalidHost,
                "The host is invalid. It must not be empty and may hold only letters, digits, '-', '.', '_' and, for IPv6, "
                    + "'[', ']' and ':'."
            )
        }
    }

    /// For each byte, whether it may stand in a host.
    private static let hostBytes: [Bool] = (0...255).map { byte in
        switch Unicode.Scalar(UInt8(byte)) {
        case "A"..."Z", "a"..."z", "0"..."9", "-", "_", ".", ":", "[", "]": true
        default: false
        }
    }

    /// The name in lowercase, if it is a token (RFC 9110 §5.6.2).
    private static func name(_ name: String) throws(SigV4Error) -> String {
        let isToken = name.utf8.allSatisfy { byte in
            switch Unicode.Scalar(byte) {
            case "A"..."Z", "a"..."z", "0"..."9", "-", "_", ".", "!", "#", "$", "%", "&", "'", "*", "+", "^", "`", "|",
                "~":
                true
            default: false
            }
        }
        guard isToken, !name.isEmpty else {
            throw SigV4Error(
                .invalidRequest,
                "A header name is empty or holds a character that no header name may hold. Check the headers to sign."
            )
        }
        return name.asciiLowercased()
    }

    /// The value without white space around it and with one space for each run of it inside.
    ///
    /// A line end followed by white space is a folded line (RFC 7230 §3.2.4) and counts as white space. Any other line
    /// end would let an attacker add a header.
    private static func value(_ value: String) throws(SigV4Error) -> String {
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

    /// Whether the line end at the beginning of `rest` folds a line.
    private static func isFold(_ rest: ArraySlice<UInt8>) -> Bool {
        let line = rest.first == UInt8(ascii: "\r") ? rest.dropFirst() : rest
        guard line.first == UInt8(ascii: "\n"), let next = line.dropFirst().first else { return false }
        return next == UInt8(ascii: " ") || next == UInt8(ascii: "\t")
    }

    private static let controlCharacter = SigV4Error(
        .invalidRequest,
        "A header value holds a control character, or a line end without white space after it. Remove it."
    )
}
