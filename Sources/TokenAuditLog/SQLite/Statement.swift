import CSQLite

/// One prepared statement.
///
/// Lives and dies with its connection's actor.
final class Statement {
    private let handle: OpaquePointer
    private let connection: Connection

    init(_ sql: String, on connection: Connection) throws {
        var prepared: OpaquePointer?
        try connection.check(
            sqlite3_prepare_v3(
                connection.handle,
                sql,
                -1,
                UInt32(SQLITE_PREPARE_PERSISTENT),
                &prepared,
                nil
            )
        )
        guard let prepared else {
            throw AuditLogError(.sqlite, "The statement is empty.", path: connection.path)
        }
        self.handle = prepared
        self.connection = connection
    }

    deinit { sqlite3_finalize(handle) }

    /// Whether there is a row.
    func step() throws -> Bool {
        let code = sqlite3_step(handle)
        try connection.check(code)
        return code == SQLITE_ROW
    }

    /// Runs a statement that answers with no rows, and makes it ready to run again.
    func run() throws {
        defer { reset() }
        while try step() {}
    }

    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    // MARK: Parameters, counted from 1

    func bind(_ value: Int64?, at index: Int32) throws {
        guard let value else { return try connection.check(sqlite3_bind_null(handle, index)) }
        try connection.check(sqlite3_bind_int64(handle, index, value))
    }

    func bind(_ value: String?, at index: Int32) throws {
        guard var value else { return try connection.check(sqlite3_bind_null(handle, index)) }
        try connection.check(value.withUTF8 { rdsiam_bind_text(handle, index, $0.baseAddress, $0.count) })
    }

    /// Binds UTF-8 as text.
    func bind(utf8 bytes: [UInt8], at index: Int32) throws {
        try connection.check(bytes.withUnsafeBytes { rdsiam_bind_text(handle, index, $0.baseAddress, $0.count) })
    }

    func bind(_ bytes: [UInt8], at index: Int32) throws {
        try connection.check(bytes.withUnsafeBytes { rdsiam_bind_blob(handle, index, $0.baseAddress, $0.count) })
    }

    /// Binds the columns of another statement's row to the first parameters, whatever their types.
    func bindRow(of row: Statement, count: Int) throws {
        for index in 0..<Int32(count) {
            try connection.check(sqlite3_bind_value(handle, index + 1, sqlite3_column_value(row.handle, index)))
        }
    }

    func bind(_ value: StoredValue, at index: Int32) throws {
        switch value {
        case .null: try connection.check(sqlite3_bind_null(handle, index))
        case .integer(let value): try bind(value, at: index)
        case .real(let value): try connection.check(sqlite3_bind_double(handle, index, value))
        case .text(let bytes): try bind(utf8: bytes, at: index)
        }
    }

    // MARK: Columns, counted from 0

    func value(_ column: Int32) -> StoredValue {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_NULL: .null
        case SQLITE_INTEGER: .integer(integer(column))
        case SQLITE_FLOAT: .real(sqlite3_column_double(handle, column))
        default: .text(bytes(column))
        }
    }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    func isInteger(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_INTEGER }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    /// The column as text; what is not UTF-8 in it is replaced.
    func text(_ column: Int32) -> String { withBytes(column) { String(decoding: $0, as: UTF8.self) } }

    func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

    func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    func bytes(_ column: Int32) -> [UInt8] { withBytes(column) { [UInt8]($0) } }

    /// The column as a hash; all zeros, which is no row's hash, if it is not 32 bytes long.
    func digest(_ column: Int32) -> Digest { withBytes(column) { Digest($0) } ?? Digest() }

    /// The column's bytes where they lie; they are gone with the next step.
    func withBytes<Value>(_ column: Int32, _ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
        let start = sqlite3_column_blob(handle, column)
        let count = sqlite3_column_bytes(handle, column)
        return try body(UnsafeRawBufferPointer(start: start, count: Int(count)))
    }
}

/// A value of a column, to be bound again.
enum StoredValue {
    case null
    case integer(Int64)
    case real(Double)
    case text([UInt8])

    /// Whether it comes before another in an index: NULL, then numbers, then texts by their bytes.
    func precedes(_ other: StoredValue) -> Bool {
        switch (self, other) {
        case (.null, .null), (.integer, .null), (.real, .null), (.text, .null): false
        case (.null, _): true
        case (.integer(let left), .integer(let right)): left < right
        case (.integer(let left), .real(let right)): Double(left) < right
        case (.real(let left), .integer(let right)): left < Double(right)
        case (.real(let left), .real(let right)): left < right
        case (.text(let left), .text(let right)): left.lexicographicallyPrecedes(right)
        case (.text, _): false
        case (_, .text): true
        }
    }
}
