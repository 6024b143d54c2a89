public import RDSIAMSystem

/// The value of a `$1` in a statement: its bytes, their form and their type.
public struct PGParameter: Sendable, Hashable {
    /// The bytes; `nil` for NULL.
    package let bytes: [UInt8]?
    /// Their form.
    package let format: PGFormat
    /// Their type.
    package let type: PGType

    /// SQL's NULL.
    public static let null = Self(bytes: nil, format: .text, type: .inferred)

    /// A value as SQL writes it, without quotes.
    ///
    /// - Parameters:
    ///   - text: The text; NUL is refused when it is sent.
    ///   - type: Its type; by default, the server infers it.
    public static func text(_ text: String, type: PGType = .inferred) -> Self {
        Self(bytes: Array(text.utf8), format: .text, type: type)
    }

    /// A value in the binary form of its type.
    public static func binary(_ bytes: some Sequence<UInt8>, type: PGType) -> Self {
        Self(bytes: Array(bytes), format: .binary, type: type)
    }

    /// An integer in binary form, most significant byte first, as `int2`, `int4` and `int8` have it.
    public static func binary<Value: FixedWidthInteger>(_ value: Value, type: PGType) -> Self {
        .binary(withUnsafeBytes(of: value.bigEndian, Array.init), type: type)
    }

    /// Whether it is a text that libpq would cut short.
    var isTextWithNUL: Bool { format == .text && bytes?.contains(0) ?? false }
}

/// A value that can be a statement's parameter.
///
/// A type conforms by naming the text or the bytes that PostgreSQL reads:
///
/// ```swift
/// extension Money: PGEncodable {
///     var pgParameter: PGParameter { .text("\(amount) \(currency)") }
/// }
/// ```
public protocol PGEncodable: Sendable {
    /// The value as the server reads it.
    var pgParameter: PGParameter { get }
}

extension PGParameter: PGEncodable {
    /// The parameter itself.
    public var pgParameter: PGParameter { self }
}

extension String: PGEncodable {
    /// The text.
    public var pgParameter: PGParameter { .text(self) }
}

extension Bool: PGEncodable {
    /// `true` or `false`.
    public var pgParameter: PGParameter { .text(description) }
}

extension PGEncodable where Self: LosslessStringConvertible {
    /// The number in digits.
    public var pgParameter: PGParameter { .text(description) }
}

extension Int: PGEncodable {}
extension Int16: PGEncodable {}
extension Int32: PGEncodable {}
extension Int64: PGEncodable {}
extension UInt32: PGEncodable {}
extension Float: PGEncodable {}
extension Double: PGEncodable {}

extension Decimal: PGEncodable {
    /// The number in digits.
    public var pgParameter: PGParameter { .text(isNaN ? "NaN" : description) }
}

extension Data: PGEncodable {
    /// The bytes, as `bytea`.
    public var pgParameter: PGParameter { .binary(self, type: .bytea) }
}

extension UUID: PGEncodable {
    /// The UUID in hexadecimal digits.
    public var pgParameter: PGParameter { .text(uuidString) }
}
