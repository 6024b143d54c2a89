import CLibpq
public import RDSIAMSystem

extension String: PGDecodable {
    /// Reads every type in text form, and text, `json` and `jsonb` in binary form, too; not text that is not UTF-8.
    public init?(_ field: PGField) {
        if field.format == .binary, !PGType.alsoText.contains(field.type) {
            guard field.type == .jsonb, let bytes = field.jsonBytes,
                let text = String(validating: bytes, as: UTF8.self)
            else { return nil }
            self = text
            return
        }
        guard let text = field.utf8 else { return nil }
        self = text
    }
}

extension PGRow {
    /// Reads a field of type `json` or `jsonb` as a Swift type that can be decoded; `nil` for NULL.
    ///
    /// - Throws: ``PGError``: `unknownColumn`, or `typeMismatch` if the column has another type; what the decoder
    ///   throws.
    public func decodeJSON<Value: Decodable>(
        _ type: Value.Type = Value.self,
        _ column: String,
        decoder: JSONDecoder = JSONDecoder()
    ) throws -> Value? {
        guard let field = try field(column) else { return nil }
        guard [.json, .jsonb].contains(field.type), let bytes = field.jsonBytes else {
            throw PGError(.typeMismatch, "column \"\(column)\", of type \(field.type), is not JSON.")
        }
        return try decoder.decode(type, from: Data(bytes))
    }
}

extension PGField {
    /// The text of `json` and `jsonb`: the binary form of the latter begins with the number of its version.
    fileprivate var jsonBytes: [UInt8]? {
        let bytes = bytes
        guard type == .jsonb, format == .binary else { return bytes }
        return bytes.first == 1 ? Array(bytes.dropFirst()) : nil
    }

    /// The bytes of `bytea`.
    var byteaBytes: [UInt8]? {
        guard type == .bytea else { return nil }
        return format == .text ? unescapedBytes : bytes
    }

    /// The bytes behind a `bytea` in text form, whatever `bytea_output` says (`PQunescapeBytea`).
    private var unescapedBytes: [UInt8]? {
        (bytes + [0]).withUnsafeBufferPointer { text in
            var count = 0
            guard let bytes = PQunescapeBytea(text.baseAddress, &count) else { return nil }
            defer { PQfreemem(bytes) }
            return Array(UnsafeBufferPointer(start: bytes, count: count))
        }
    }
}

extension Data: PGDecodable {
    /// Reads `bytea`.
    public init?(_ field: PGField) {
        guard let bytes = field.byteaBytes else { return nil }
        self.init(bytes)
    }
}

extension UUID: PGDecodable {
    /// Reads `uuid`.
    public init?(_ field: PGField) {
        guard field.type == .uuid else { return nil }
        guard field.format == .binary else {
            self.init(uuidString: field.utf8 ?? "")
            return
        }
        guard let uuid = field.withBytes({ $0.count == 16 ? $0.loadUnaligned(as: uuid_t.self) : nil }) else {
            return nil
        }
        self.init(uuid: uuid)
    }
}
