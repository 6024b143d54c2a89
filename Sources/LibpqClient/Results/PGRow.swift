import CLibpq
import RDSIAMBasics
import RDSIAMSystem

/// One row of a result: its fields, left to right.
///
/// Fields are read by the column's number or by its exact name; a name that the result does not have is an error, not
/// NULL. The subscripts read what the server wrote as text; ``decode(_:_:)`` reads Swift types.
public struct PGRow: Sendable {
    let storage: ResultStorage
    let row: Int32

    /// The number of fields.
    public var count: Int { Int(storage.read(PQnfields)) }

    /// The names of the columns.
    public var columns: [String] { storage.columnNames }

    /// One field as the server wrote it in text form; `nil` for NULL.
    ///
    /// - Throws: ``PGError``: `unknownColumn`; `typeMismatch` for a field in binary form that is not text, or text that
    ///   is not UTF-8.
    public subscript(column: Int) -> String? {
        get throws {
            try field(column).map { field in
                guard let text = String(field) else { throw mismatch("text", column) }
                return text
            }
        }
    }

    /// The field of that column name as the server wrote it in text form; `nil` for NULL.
    ///
    /// - Throws: As the subscript with a number does.
    public subscript(name: String) -> String? {
        get throws { try self[index(of: name)] }
    }

    /// All fields as the server wrote them in text form; `nil` for NULL.
    ///
    /// - Throws: As the subscripts do.
    public func texts() throws -> [String?] { try (0..<count).map { try self[$0] } }

    /// One field with its type; `nil` for NULL.
    ///
    /// - Throws: ``PGError`` with the code `unknownColumn`.
    public func field(_ column: Int) throws -> PGField? {
        guard (0..<count).contains(column) else { throw PGError.noColumn(column, of: count) }
        return storage.field(row, Int32(column))
    }

    /// The field of that column name with its type; `nil` for NULL.
    ///
    /// - Throws: ``PGError`` with the code `unknownColumn`.
    public func field(_ name: String) throws -> PGField? { try field(index(of: name)) }

    /// The first column of exactly that name.
    ///
    /// `PQfnumber` would fold upper case and take off quotes.
    @usableFromInline func index(of name: String) throws(PGError) -> Int {
        let index = name.withCString { name in
            (0..<count).first { column in
                storage.read { PQfname($0, Int32(column)).map { strcmp($0, name) == 0 } ?? false }
            }
        }
        guard let index, !name.utf8.contains(0) else { throw PGError.noColumn(name, among: columns) }
        return index
    }
}

extension PGRow {
    /// Reads a field as a Swift type.
    ///
    /// - Throws: ``PGError``: `unknownColumn`, `unexpectedNull` or `typeMismatch`, naming the column and never its
    ///   value.
    @inlinable public func decode<Value: PGDecodable>(_ type: Value.Type = Value.self, at column: Int) throws -> Value {
        guard let value = try decodeIfPresent(type, at: column) else {
            throw isNull(column)
        }
        return value
    }

    /// Reads the field of that column name as a Swift type.
    ///
    /// - Throws: As ``decode(_:at:)`` does.
    @inlinable public func decode<Value: PGDecodable>(_ type: Value.Type = Value.self, _ column: String) throws -> Value
    {
        try decode(type, at: index(of: column))
    }

    /// Reads a field as a Swift type; `nil` for NULL.
    ///
    /// - Throws: ``PGError``: `unknownColumn` or `typeMismatch`, naming the column and never its value.
    @inlinable public func decodeIfPresent<Value: PGDecodable>(
        _ type: Value.Type = Value.self,
        at column: Int
    ) throws -> Value? {
        guard let field = try field(column) else { return nil }
        guard let value = Value(consume field) else { throw mismatch("\(Value.self)", column) }
        return value
    }

    /// Reads the field of that column name as a Swift type; `nil` for NULL.
    ///
    /// - Throws: As ``decodeIfPresent(_:at:)`` does.
    @inlinable public func decodeIfPresent<Value: PGDecodable>(
        _ type: Value.Type = Value.self,
        _ column: String
    ) throws -> Value? {
        try decodeIfPresent(type, at: index(of: column))
    }

    @usableFromInline func mismatch(_ type: String, _ column: Int) -> PGError {
        let (own, format) = storage.read { (PQftype($0, Int32(column)), PQfformat($0, Int32(column))) }
        let form = format == PGFormat.binary.code ? "in binary form" : "in text form"
        return PGError(
            .typeMismatch,
            "\(named(column)), of type \(PGType(oid: own)) \(form), cannot be read as \(type)."
        )
    }

    @usableFromInline func isNull(_ column: Int) -> PGError {
        PGError(.unexpectedNull, "\(named(column)) is NULL. Use decodeIfPresent if that may be.")
    }

    private func named(_ column: Int) -> String { "column \"\(columns[column])\"" }
}

extension PGError {
    fileprivate static func noColumn(_ index: Int, of count: Int) -> PGError {
        PGError(.unknownColumn, "The result has \(count) columns, and none with the index \(index).")
    }

    fileprivate static func noColumn(_ name: String, among names: [String]) -> PGError {
        let near = NearestName.find(name, among: names).map { " Did you mean \"\($0)\"?" }
        return PGError(.unknownColumn, "The result has no column \"\(name)\"." + (near ?? ""))
    }
}
