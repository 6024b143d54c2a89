/// The headers as they are signed: small letters, sorted by name, values trimmed and joined.
struct CanonicalHeaders {
    /// A line for each name, each with its line end.
    let lines: String
    /// The names, parted by `;`.
    let names: String

    init(_ fields: [SigV4Field]) throws(SigV4Error) {
        var values: [String: [String]] = [:]
        for field in fields {
            values[try Self.name(field.name), default: []].append(try Self.value(field.value))
        }
        let sorted = values.sorted { $0.key < $1.key }
        lines = sorted.map { "\($0.key):\($0.value.joined(separator: ","))\n" }.joined()
        names = sorted.map(\.key).joined(separator: ";")
    }

    /// The name in small letters, checked to be a token (RFC 9110 §5.6.2).
    private static func name(_ name: String) throws(SigV4Error) -> String {
        guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte) else {
            throw SigV4Error(
                .invalidRequest,
                "a header name is empty or holds a character that no header name may hold"
            )
        }
        return name.lowercased()
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// The value without white space around it and with one space for each run of it inside.
    ///
    /// A line end followed by white space is a folded line (RFC 7230 §3.2.4) and counts as white space. Any other would begin a
    /// header of the attacker's choice.
    private static func value(_ value: String) throws(SigV4Error) -> String {
        var result: [UInt8] = []
        var pendingSpace = false
        let bytes = Array(value.utf8)
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"):
                pendingSpace = !result.isEmpty
            case UInt8(ascii: "\r"), UInt8(ascii: "\n"):
                guard isFold(bytes[index...]) else { throw Self.controlCharacter }
                pendingSpace = !result.isEmpty
            case 0..<0x20, 0x7F:
                throw Self.controlCharacter
            default:
                if pendingSpace { result.append(UInt8(ascii: " ")) }
                pendingSpace = false
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
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
