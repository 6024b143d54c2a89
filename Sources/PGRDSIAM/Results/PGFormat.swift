/// The form in which a value goes to the server or comes from it (PostgreSQL, "Formats and Format Codes").
public struct PGFormat: Sendable, Hashable {
    let code: Int32

    /// As the server would write it in SQL.
    public static let text = Self(code: 0)
    /// As each type defines it: shorter and quicker for numbers, times and bytes.
    public static let binary = Self(code: 1)
}
