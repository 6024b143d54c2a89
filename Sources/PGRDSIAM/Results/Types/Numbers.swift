extension Bool: PGDecodable {
    /// Reads `boolean`.
    public init?(_ field: PGField) {
        guard field.type == .bool, let first = field.bytes.first else { return nil }
        self = first == 1 || first == UInt8(ascii: "t")
    }
}

extension PGDecodable where Self: FixedWidthInteger {
    /// Reads `smallint`, `integer`, `bigint` and `oid`, where the number fits.
    public init?(_ field: PGField) {
        guard let number = field.integer else { return nil }
        self.init(exactly: number)
    }
}

extension Int: PGDecodable {}
extension Int16: PGDecodable {}
extension Int32: PGDecodable {}
extension Int64: PGDecodable {}
extension UInt32: PGDecodable {}

extension Double: PGDecodable {
    /// Reads `real` and `double precision`.
    public init?(_ field: PGField) {
        switch (field.type, field.format) {
        case (.float4, .text), (.float8, .text): self.init(field.utf8 ?? "")
        case (.float4, .binary): self.init(Float(bitPattern: UInt32(truncatingIfNeeded: field.bigEndian)))
        case (.float8, .binary): self.init(bitPattern: UInt64(bitPattern: field.bigEndian))
        default: return nil
        }
    }
}

extension Float: PGDecodable {
    /// Reads `real`.
    public init?(_ field: PGField) {
        guard field.type == .float4, let double = Double(field) else { return nil }
        self.init(double)
    }
}

extension PGField {
    /// The value of an integer type.
    var integer: Int64? {
        guard [.int2, .int4, .int8, .oid].contains(type) else { return nil }
        guard format == .binary else { return utf8.flatMap { Int64($0) } }
        return type == .oid ? bigEndian & 0xFFFF_FFFF : bigEndian
    }

    /// All bytes as one number, most significant first, the first bit its sign.
    var bigEndian: Int64 {
        withBytes { bytes in
            let start: Int64 = bytes.first ?? 0 > 0x7F ? -1 : 0
            return bytes.reduce(start) { $0 << 8 | Int64($1) }
        }
    }
}
