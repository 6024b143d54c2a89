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
        storage.read { result in (0..<PQnfields(result)).map { PQfname(result, $0).map { String(cString: $0) } ?? "" } }
    }

    /// What the server says it did, such as `SELECT 3` or `CREATE TABLE`.
    public var commandTag: String {
        storage.read { PQcmdStatus($0).map { String(cString: $0) } ?? "" }
    }

    /// How many rows it inserted, changed, deleted or returned; nil for statements that touch none.
    public var affectedRows: Int? {
        storage.read { PQcmdTuples($0).flatMap { Int(String(cString: $0)) } }
    }

    /// The rows, first to last.
    public var rows: Rows { Rows(storage: storage) }

    var isCopy: Bool {
        [PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH].contains(storage.read(PQresultStatus))
    }

    /// The server's error, where the statement failed.
    var failure: PGRDSIAMError? {
        guard storage.read(PQresultStatus) == PGRES_FATAL_ERROR else { return nil }
        func field(_ code: Unicode.Scalar) -> String? {
            storage.read { PQresultErrorField($0, Int32(code.value)).map { String(cString: $0) } }
        }
        return PGRDSIAMError(.queryFailed, field("M") ?? "The statement failed.", sqlState: field("C"))
    }
}

/// The one owner of a `PGresult`.
final class PGResultStorage: Sendable {
    /// Read-only once libpq has returned it, and freed once: reading it from several threads is safe (libpq, "Behavior in
    /// Threaded Programs").
    private nonisolated(unsafe) let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQclear(pointer) }

    /// Calls `body` with the result, which is not freed before it returns: a storage whose only owner is an array may end
    /// at its last use.
    func read<Value>(_ body: (OpaquePointer) -> Value) -> Value {
        withExtendedLifetime(self) { body(pointer) }
    }
}
