public import RDSIAMSystem

extension Bool: PGDecodable {
    /// Reads `boolean`.
    public init?(_ field: PGField) {
        guard field.type == .bool, let first = field.bytes.first else { return nil }
        self = first == 1 || first == UInt8(ascii: "t")
    }
}

extension PGDecodable where Self: FixedWidthInteger {
    /// Reads `smallint`, `integer`, `bigint` and `oid`, if the number fits.
    @inlinable public init?(_ field: PGField) {
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
    /// Reads `real` and `double precision`; a `real` is the same number in both forms, the one that the server has.
    public init?(_ field: PGField) {
        switch (field.type, field.format) {
        case (.float4, _):
            guard let float = Float(field) else { return nil }
            self.init(float)
        case (.float8, .text): self.init(field.utf8 ?? "")
        case (.float8, .binary): self.init(bitPattern: UInt64(bitPattern: field.bigEndian))
        default: return nil
        }
    }
}

extension Float: PGDecodable {
    /// Reads `real`.
    public init?(_ field: PGField) {
        guard field.type == .float4 else { return nil }
        guard field.format == .binary else {
            self.init(field.utf8 ?? "")
            return
        }
        self.init(bitPattern: UInt32(truncatingIfNeeded: field.bigEndian))
    }
}

extension Decimal: PGDecodable {
    /// Reads `numeric`, `smallint`, `integer` and `bigint`; not infinity, nor a number with more digits than fit.
    ///
    /// 38 digits always fit, wherever the point is, zeros at either end not counted.
    public init?(_ field: PGField) {
        if let integer = field.integer {
            self.init(integer)
            return
        }
        guard field.type == .numeric, let text = field.format == .text ? field.utf8 : field.numericText else {
            return nil
        }
        guard text != "NaN" else {
            self = .nan
            return
        }
        guard !text.hasSuffix("Infinity"), let decimal = Decimal(string: text),
            Self.digits(of: decimal.description) == Self.digits(of: text)
        else { return nil }
        self = decimal
    }

    /// The digits of a number without zeros at either end: a digit that `Decimal` has lost is missed here.
    private static func digits(of text: String) -> [UInt8] {
        let point = UInt8(ascii: ".")
        var digits = Array(text.utf8.filter { (0x30...0x39).contains($0) || $0 == point })
        while digits.last == 0x30 || digits.last == point { digits.removeLast() }
        return digits.filter { $0 != point }.drop { $0 == 0x30 }.map { $0 }
    }
}

extension PGField {
    /// The value of an integer type.
    @usableFromInline var integer: Int64? {
        switch type {
        case .int2, .int4, .int8: format == .binary ? bigEndian : withBytes { Int64(digits: $0) }
        case .oid: format == .binary ? bigEndian & 0xFFFF_FFFF : withBytes { Int64(digits: $0) }
        default: nil
        }
    }

    /// All bytes as one number, most significant first, the first bit its sign.
    var bigEndian: Int64 {
        withBytes { bytes in
            let start: Int64 = bytes.first ?? 0 > 0x7F ? -1 : 0
            return bytes.reduce(start) { $0 << 8 | Int64($1) }
        }
    }

    /// What the binary form of a `numeric` says, in digits.
    ///
    /// Four numbers of 16 bits come first: how many digits follow, the first one's weight, the sign and how many
    /// decimals to show. The digits are of base 10,000.
    fileprivate var numericText: String? {
        let words = words
        guard words.count >= 4, words.count == 4 + Int(words[0]) else { return nil }
        switch words[2] {
        case 0xC000: return "NaN"
        case 0xD000, 0xF000: return "Infinity"
        default: break
        }
        let weight = Int(Int16(bitPattern: words[1]))
        func digits(_ power: Int) -> String {
            let index = 4 + weight - power
            let text = String(words.indices.contains(index) && index >= 4 ? words[index] : 0)
            return String(repeating: "0", count: max(4 - text.count, 0)) + text
        }
        let whole = (0...max(weight, 0)).reversed().map(digits).joined()
        let decimals = stride(from: -1, to: -1 - (Int(words[3]) + 3) / 4, by: -1).map(digits).joined()
        return (words[2] == 0x4000 ? "-" : "") + whole + "." + decimals.prefix(Int(words[3]))
    }

    private var words: [UInt16] {
        withBytes { bytes in
            stride(from: 0, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        }
    }
}

extension Int64 {
    /// Reads ASCII digits after an optional minus sign, or returns `nil` if there is anything else.
    fileprivate init?(digits: UnsafeRawBufferPointer) {
        let isNegative = digits.first == UInt8(ascii: "-")
        let digits = digits.dropFirst(isNegative ? 1 : 0)
        guard !digits.isEmpty else { return nil }
        var number: Int64 = 0
        for byte in digits {
            let digit = Int64(byte) - 0x30
            guard (0...9).contains(digit) else { return nil }
            let (product, overflows) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflowsToo) = product.addingReportingOverflow(isNegative ? -digit : digit)
            guard !overflows, !overflowsToo else { return nil }
            number = sum
        }
        self = number
    }
}
