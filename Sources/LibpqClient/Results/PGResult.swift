import CLibpq

/// What a statement gave back: rows, or the number of rows it touched.
///
/// The result keeps libpq's own copy of the rows; reading a field copies that field and no other.
public struct PGResult: Sendable {
    let storage: ResultStorage

    init(_ pointer: OpaquePointer, isUTF8: Bool) {
        storage = ResultStorage(pointer, isUTF8: isUTF8)
    }

    /// The names of the columns; empty if the statement returns no rows.
    public var columns: [String] { storage.columnNames }

    /// What the server says it did, such as `SELECT 3` or `CREATE TABLE`.
    package var commandTag: String {
        storage.read { PQcmdStatus($0).map { String(cString: $0) } ?? "" }
    }

    /// How many rows it inserted, changed, deleted or returned; `nil` for statements that touch none.
    public var affectedRows: Int? {
        storage.read { PQcmdTuples($0).flatMap { Int(String(cString: $0)) } }
    }

    /// The rows, first to last.
    public var rows: Rows { Rows(storage: storage) }

    var status: ExecStatusType { storage.read(PQresultStatus) }

    var isCopy: Bool {
        let status = status
        return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH
    }

    /// The server's error, or `nil` if the statement did not fail.
    var failure: PGError? {
        guard status == PGRES_FATAL_ERROR else { return nil }
        let server = storage.read { PGServerMessage($0) }
        let text = server.message.isEmpty ? "The statement failed." : server.message
        return PGError(.queryFailed, text, server: server.sqlState.isEmpty ? nil : server)
    }
}

extension PGResult {
    /// The rows of a result.
    public struct Rows: RandomAccessCollection, Sendable {
        let storage: ResultStorage

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

/// The one owner of a `PGresult`.
final class ResultStorage: Sendable {
    /// Read-only once libpq has returned it, or a ``RowBatch`` is complete, and freed once: reading it from several
    /// threads is safe (libpq, "Behavior in Threaded Programs").
    private nonisolated(unsafe) let pointer: OpaquePointer
    /// Whether text in it is in UTF-8, as `client_encoding` said when it came.
    let isUTF8: Bool

    init(_ pointer: OpaquePointer, isUTF8: Bool) {
        self.pointer = pointer
        self.isUTF8 = isUTF8
    }

    deinit { PQclear(pointer) }

    /// Calls `body` with the result, which is not freed before it returns: a storage whose only owner is an array may
    /// end at its last use.
    func read<Value>(_ body: (OpaquePointer) -> Value) -> Value {
        withExtendedLifetime(self) { body(pointer) }
    }

    /// Returns a field, or `nil` for NULL.
    func field(_ row: Int32, _ column: Int32) -> PGField? {
        read { result in
            guard PQgetisnull(result, row, column) == 0 else { return nil }
            let length = Int(PQgetlength(result, row, column))
            return PGField(
                UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: length),
                of: self,
                type: PGType(oid: PQftype(result, column)),
                format: PGFormat(code: PQfformat(result, column)),
                isUTF8: isUTF8
            )
        }
    }

    var columnNames: [String] {
        read { result in (0..<PQnfields(result)).map { PQfname(result, $0).map { String(cString: $0) } ?? "" } }
    }
}
