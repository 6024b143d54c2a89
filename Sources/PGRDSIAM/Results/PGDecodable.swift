/// A type that can be read from a result.
///
/// A type of one's own conforms by saying what it makes of a value:
///
/// ```swift
/// extension Colour: PGDecodable {
///     init?(_ field: PGField) { self.init(rawValue: field.utf8 ?? "") }
/// }
/// ```
public protocol PGDecodable: Sendable {
    /// Reads a value, which is not NULL; nil where it is not of this type, or does not fit into it.
    ///
    /// It should read both forms, text and binary: see ``PGField/format``.
    init?(_ field: PGField)
}
