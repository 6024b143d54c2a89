extension PGRow {
    /// Reads a field as a Swift type.
    ///
    /// - Throws: ``PGRDSIAMError``: `unknownColumn`, `unexpectedNull` or `typeMismatch`, naming the column and never its value.
    public func decode<Value: PGDecodable>(_ type: Value.Type = Value.self, at column: Int) throws -> Value {
        guard let value = try decodeIfPresent(type, at: column) else {
            throw PGRDSIAMError(.unexpectedNull, "\(place(column)) is NULL. Use decodeIfPresent if that may be.")
        }
        return value
    }

    /// Reads the field of that column name as a Swift type.
    ///
    /// - Throws: As ``decode(_:at:)`` does.
    public func decode<Value: PGDecodable>(_ type: Value.Type = Value.self, _ column: String) throws -> Value {
        try decode(type, at: known(column))
    }

    /// Reads a field as a Swift type; nil for NULL.
    ///
    /// - Throws: ``PGRDSIAMError``: `unknownColumn` or `typeMismatch`, naming the column and never its value.
    public func decodeIfPresent<Value: PGDecodable>(_ type: Value.Type = Value.self, at column: Int) throws -> Value? {
        guard indices.contains(column) else {
            throw PGRDSIAMError(.unknownColumn, "The result has \(count) columns, and none with the index \(column).")
        }
        guard let field = field(column) else { return nil }
        guard let value = Value(field) else {
            throw PGRDSIAMError(
                .typeMismatch,
                "\(place(column)), of type \(field.type.oid), cannot be read as \(Value.self)."
            )
        }
        return value
    }

    /// Reads the field of that column name as a Swift type; nil for NULL.
    ///
    /// - Throws: As ``decodeIfPresent(_:at:)`` does.
    public func decodeIfPresent<Value: PGDecodable>(
        _ type: Value.Type = Value.self,
        _ column: String
    ) throws -> Value? {
        try decodeIfPresent(type, at: known(column))
    }

    private func known(_ name: String) throws -> Int {
        guard let column = index(of: name) else {
            throw PGRDSIAMError(.unknownColumn, "The result has no column \"\(name)\".")
        }
        return column
    }

    private func place(_ column: Int) -> String { "column \"\(columnName(column))\"" }
}
