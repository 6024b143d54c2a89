import CLibpq

extension PGResult {
    /// The rows of a result.
    public struct Rows: RandomAccessCollection, Sendable {
        let storage: PGResultStorage

        /// The first row's index.
        public var startIndex: Int { 0 }
        /// The number of rows.
        public var endIndex: Int { Int(PQntuples(storage.pointer)) }

        /// One row.
        public subscript(position: Int) -> PGRow { PGRow(storage: storage, row: Int32(position)) }
    }
}

/// One row of a result: its fields, left to right, as text; nil for SQL's NULL.
public struct PGRow: RandomAccessCollection, Sendable {
    let storage: PGResultStorage
    let row: Int32

    /// The first field's index.
    public var startIndex: Int { 0 }
    /// The number of fields.
    public var endIndex: Int { Int(PQnfields(storage.pointer)) }

    /// One field as the server wrote it; nil for NULL.
    public subscript(column: Int) -> String? {
        guard PQgetisnull(storage.pointer, row, Int32(column)) == 0 else { return nil }
        return PQgetvalue(storage.pointer, row, Int32(column)).map { String(cString: $0) }
    }

    /// The field of that column name; nil for NULL, and where there is no such column.
    public subscript(name: String) -> String? {
        let column = PQfnumber(storage.pointer, name)
        return column < 0 ? nil : self[Int(column)]
    }
}
