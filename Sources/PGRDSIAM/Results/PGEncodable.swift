public import RDSIAMSystem

/// A value that can be a statement's parameter.
///
/// A type of one's own conforms by naming the text or the bytes that PostgreSQL reads:
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

extension [UInt8]: PGEncodable {
    /// The bytes, as `bytea`.
    public var pgParameter: PGParameter { .binary(self, type: .bytea) }
}

extension Data: PGEncodable {
    /// The bytes, as `bytea`.
    public var pgParameter: PGParameter { .binary(self, type: .bytea) }
}

extension UUID: PGEncodable {
    /// The UUID in hexadecimal digits.
    public var pgParameter: PGParameter { .text(uuidString) }
}

extension Date: PGEncodable {
    /// The instant in UTC, to the microsecond, which is as exact as PostgreSQL's clock.
    public var pgParameter: PGParameter { .binary(PGTimestamp(self).microseconds, type: .timestamptz) }
}
