import CLibpq

/// Rows in single-row mode that came together, as one result.
///
/// libpq makes a result of each row. To keep them all until they are read would cost several times what a row does.
struct RowBatch: Sendable {
    /// How many bytes are enough: a batch grows neither with the number of rows nor with their length.
    private static let limit = 131_072

    /// The rows, or `nil` if there are none.
    private(set) var result: PGResult?
    /// Whether the rows must be read before others can be added.
    private(set) var isFull = false

    var isEmpty: Bool { result == nil }

    /// Adds a row, which comes in a result of its own.
    fileprivate mutating func add(_ row: OpaquePointer, isUTF8: Bool) throws(PGError) {
        guard let result = self.result else {
            let first = PGResult(row, isUTF8: isUTF8)
            // PQsetvalue cannot add a row that has no columns.
            isFull = PQnfields(row) == 0 || first.memory >= Self.limit
            result = first
            return
        }
        defer { PQclear(row) }
        guard result.append(row) else { throw PGError(.system, "There is no memory left for the rows of a result.") }
        isFull = result.memory >= Self.limit
    }
}

/// What libpq had next.
enum NextResult {
    /// A row, which has been added to a batch.
    case row
    /// The result of a statement, after its rows.
    case result(PGResult)
    /// No statement has any more results.
    case end
}

extension Traffic {
    /// Takes what libpq has next, which must be there already.
    func takeNext(addingRowsTo batch: inout RowBatch) throws(PGError) -> NextResult {
        guard let pointer = PQgetResult(handle.pointer) else { return .end }
        guard PQresultStatus(pointer) == PGRES_SINGLE_TUPLE else {
            return .result(PGResult(pointer, isUTF8: handle.speaksUTF8))
        }
        try batch.add(pointer, isUTF8: handle.speaksUTF8)
        return .row
    }
}

extension PGResult {
    /// How much memory it takes, in bytes.
    fileprivate var memory: Int { storage.read(PQresultMemorySize) }

    /// Copies the row of another result with the same columns.
    ///
    /// - Returns: Whether there was memory for it.
    fileprivate func append(_ row: OpaquePointer) -> Bool {
        storage.read { rows in
            let index = PQntuples(rows)
            return (0..<PQnfields(row)).allSatisfy { column in
                let isNull = PQgetisnull(row, 0, column) == 1
                let length = isNull ? -1 : PQgetlength(row, 0, column)
                return PQsetvalue(rows, index, column, isNull ? nil : PQgetvalue(row, 0, column), length) == 1
            }
        }
    }
}
