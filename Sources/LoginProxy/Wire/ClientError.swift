#if Proxy
/// What the proxy tells a client that it does not let through: a PostgreSQL ErrorResponse.
///
/// Nothing in it is secret.
package struct ClientError: Error, Sendable, Hashable {
    /// The SQLSTATE, five characters (PostgreSQL, "Error Codes").
    package var sqlState: String
    /// What happened, in one line without a full stop, as PostgreSQL writes it.
    package var message: String
    /// More about it, in sentences.
    package var detail: String?
    /// What to do about it, in sentences.
    package var hint: String?

    package init(_ sqlState: String, _ message: String, detail: String? = nil, hint: String? = nil) {
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.hint = hint
    }

    /// The message as it goes over the wire: type, length, fields (PostgreSQL, "Error and Notice Message Fields").
    package var encoded: [UInt8] {
        var fields: [UInt8] = []
        for (code, value) in fieldValues {
            // A NUL would end the field early.
            fields += [code] + value.utf8.filter { $0 != 0 } + [0]
        }
        fields.append(0)
        return [UInt8(ascii: "E")] + UInt32(fields.count + 4).bigEndianBytes + fields
    }

    private var fieldValues: [(UInt8, String)] {
        var values = [
            (UInt8(ascii: "S"), "FATAL"), (UInt8(ascii: "V"), "FATAL"), (UInt8(ascii: "C"), sqlState),
            (UInt8(ascii: "M"), message),
        ]
        if let detail { values.append((UInt8(ascii: "D"), detail)) }
        if let hint { values.append((UInt8(ascii: "H"), hint)) }
        return values
    }
}

extension FixedWidthInteger {
    /// The bytes, most significant first.
    package var bigEndianBytes: [UInt8] {
        withUnsafeBytes(of: bigEndian) { Array($0) }
    }
}
#endif
