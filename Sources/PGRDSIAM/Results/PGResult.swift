import CLibpq

/// What a statement gave back: rows, or the number of rows it touched.
///
/// The result keeps libpq's own copy of the rows; reading a field copies that field and no other.
public struct PGResult: Sendable {
    private let storage: PGResultStorage

    init(_ pointer: OpaquePointer) {
        storage = PGResultStorage(pointer)
    }

    /// The names of the columns; empty where the statement returns no rows.
    public var columns: [String] {
        (0..<PQnfields(storage.pointer)).map { PQfname(storage.pointer, $0).map { String(cString: $0) } ?? "" }
    }

    /// What the server says it did, such as `SELECT 3` or `CREATE TABLE`.
    public var commandTag: String {
        PQcmdStatus(storage.pointer).map { String(cString: $0) } ?? ""
    }

    /// How many rows it inserted, changed, deleted or returned; nil for statements that touch none.
    public var affectedRows: Int? {
        PQcmdTuples(storage.pointer).flatMap { Int(String(cString: $0)) }
    }

    /// The rows, first to last.
    public var rows: Rows { Rows(storage: storage) }

    var isCopy: Bool {
        [PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH].contains(PQresultStatus(storage.pointer))
    }

    /// The server's error, where the statement failed.
    var failure: PGRDSIAMError? {
        guard PQresultStatus(storage.pointer) == PGRES_FATAL_ERROR else { return nil }
        func field(_ code: Unicode.Scalar) -> String? {
            PQresultErrorField(storage.pointer, Int32(code.value)).map { String(cString: $0) }
        }
        return PGRDSIAMError(.queryFailed, field("M") ?? "the statement failed", sqlState: field("C"))
    }
}

/// The one owner of a `PGresult`.
final class PGResultStorage: Sendable {
    /// Read-only after libpq handed it out, and freed once: reading it from several threads is safe (libpq, "Behavior in
    /// Threaded Programs").
    nonisolated(unsafe) let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQclear(pointer) }
}
