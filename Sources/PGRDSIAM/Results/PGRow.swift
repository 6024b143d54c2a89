import CLibpq
import RDSIAMSystem

extension PGResult {
    /// The rows of a result.
    public struct Rows: RandomAccessCollection, Sendable {
        let storage: PGResultStorage

        /// The first row's index.
        public var startIndex: Int { 0 }
        /// The number of rows.
        public var endIndex: Int { Int(storage.read(PQntuples)) }

        /// One row; as with an array, there must be one.
        public subscript(position: Int) -> PGRow {
            precondition(indices.contains(position), "the result has no row \(position)")
            return PGRow(storage: storage, row: Int32(position))
        }
    }
}

/// One row of a result: its fields, left to right, as text; nil for SQL's NULL.
public struct PGRow: RandomAccessCollection, Sendable {
    let storage: PGResultStorage
    let row: Int32

    /// The first field's index.
    public var startIndex: Int { 0 }
    /// The number of fields.
    public var endIndex: Int { Int(storage.read(PQnfields)) }

    /// One field as the server wrote it; nil for NULL, and where there is no such column.
    public subscript(column: Int) -> String? {
        field(column)?.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// The field of that column name; nil for NULL, and where there is no such column.
    public subscript(name: String) -> String? { index(of: name).flatMap { self[$0] } }

    /// One field with its type; nil for NULL, and where there is no such column.
    public func field(_ column: Int) -> PGField? {
        guard indices.contains(column), storage.read({ PQgetisnull($0, row, Int32(column)) }) == 0 else { return nil }
        return PGField(storage: storage, row: row, column: Int32(column))
    }

    /// The first column of exactly that name.
    ///
    /// `PQfnumber` would fold upper case and take off quotes.
    func index(of name: String) -> Int? {
        name.withCString { name in
            indices.first { column in
                storage.read { PQfname($0, Int32(column)).map { strcmp($0, name) == 0 } ?? false }
            }
        }
    }

    func columnName(_ column: Int) -> String {
        storage.read { PQfname($0, Int32(column)).map { String(cString: $0) } ?? "" }
    }
}
