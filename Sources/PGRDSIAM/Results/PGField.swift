import CLibpq

/// One value of a result, not NULL.
public struct PGField: Sendable {
    let storage: PGResultStorage
    let row: Int32
    let column: Int32

    /// The type of its column.
    public var type: PGType { PGType(oid: storage.read { PQftype($0, column) }) }

    /// The form in which it came.
    public var format: PGFormat { PGFormat(code: storage.read { PQfformat($0, column) }) }

    /// The value as it came.
    public var bytes: [UInt8] { withBytes { Array($0) } }

    /// The value as it came, where that is valid UTF-8.
    public var utf8: String? { withBytes { String(validating: $0, as: UTF8.self) } }

    /// Calls `body` with the value as it came, without a copy; a NUL follows it that does not count.
    func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        storage.read { result in
            let length = Int(PQgetlength(result, row, column))
            return body(UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: length))
        }
    }
}
