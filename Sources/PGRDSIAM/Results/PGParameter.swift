/// The value of a `$1` in a statement: its bytes, their form and their type.
public struct PGParameter: Sendable, Hashable {
    /// The bytes; nil for NULL.
    public let bytes: [UInt8]?
    /// Their form.
    public let format: PGFormat
    /// Their type.
    public let type: PGType

    /// SQL's NULL.
    public static let null = Self(bytes: nil, format: .text, type: .inferred)

    /// A value as SQL writes it, without quotes.
    ///
    /// - Parameters:
    ///   - text: The text; NUL is refused when it is sent.
    ///   - type: Its type; the server infers it where none is given.
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
