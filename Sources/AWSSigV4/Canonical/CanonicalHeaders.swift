/// The headers as they are signed: small letters, sorted by name, values trimmed and joined.
struct CanonicalHeaders {
    /// A line for each name, each with its line end.
    let lines: String
    /// The names, parted by `;`.
    let names: String

    /// Takes the host and the headers that are to be signed.
    init(host: String, _ fields: [SigV4Field]) throws(SigV4Error) {
        var sorted: [(name: String, value: String)] = [("host", host.lowercased())]
        sorted.reserveCapacity(fields.count + 1)
        for field in fields {
            sorted.append((try Self.name(field.name), try HeaderValue.canonical(field.value)))
        }
        // The sort keeps the order of equal names, and so that of their values.
        sorted.sort { $0.name < $1.name }
        let capacity = sorted.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 2 }
        lines = .written(capacity: capacity) { Self.append(sorted, to: &$0) }
        names = .written(capacity: capacity) { Self.append(namesOf: sorted, to: &$0) }
    }

    private static func append(_ sorted: [(name: String, value: String)], to writer: inout ByteWriter) {
        for (index, field) in sorted.enumerated() {
            if index > 0, sorted[index - 1].name == field.name {
                writer.append(",")
            } else {
                if index > 0 { writer.append("\n") }
                writer.append(field.name)
                writer.append(":")
            }
            writer.append(field.value)
        }
        writer.append("\n")
    }

    private static func append(namesOf sorted: [(name: String, value: String)], to writer: inout ByteWriter) {
        for (index, field) in sorted.enumerated() where index == 0 || sorted[index - 1].name != field.name {
            if index > 0 { writer.append(";") }
            writer.append(field.name)
        }
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
        switch Unicode.Scalar(byte) {
        case "A"..."Z", "a"..."z", "0"..."9", "-", "_", ".", "!", "#", "$", "%", "&", "'", "*", "+", "^", "`", "|", "~":
            true
        default: false
        }
    }
}
