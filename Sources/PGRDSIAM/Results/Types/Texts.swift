import CLibpq
public import RDSIAMSystem

extension String: PGDecodable {
    /// Reads every type in text form, and those that are text in binary form; where it is UTF-8, which `client_encoding` decides.
    public init?(_ field: PGField) {
        if field.format == .binary, !PGType.alsoText.contains(field.type) { return nil }
        guard let text = field.utf8 else { return nil }
        self = text
    }
}

extension [UInt8]: PGDecodable {
    /// Reads `bytea`.
    public init?(_ field: PGField) {
        guard field.type == .bytea else { return nil }
        guard field.format == .text else {
            self = field.bytes
            return
        }
        guard let bytes = field.unescapedBytes else { return nil }
        self = bytes
    }
}

extension Data: PGDecodable {
    /// Reads `bytea`.
    public init?(_ field: PGField) {
        guard let bytes = [UInt8](field) else { return nil }
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

extension PGField {
    /// The bytes behind a `bytea` in text form, whatever `bytea_output` says (`PQunescapeBytea`).
    fileprivate var unescapedBytes: [UInt8]? {
        withBytes { text in
            var count = 0
            guard let bytes = PQunescapeBytea(text.baseAddress?.assumingMemoryBound(to: UInt8.self), &count) else {
                return nil
            }
            defer { PQfreemem(bytes) }
            return Array(UnsafeBufferPointer(start: bytes, count: count))
        }
    }
}
