import CSQLite
import RDSIAMSystem

/// One connection to one database file.
///
/// Lives inside one actor.
final class Connection {
    let handle: OpaquePointer
    let path: String
    /// Whether it looks for no journal, and so sees the file as it was when opened.
    let isUnlocked: Bool
    /// The state of the log that this is a private copy of; `nil` if it is the log itself.
    private let original: FileState?
    private let lockTimeout = LockTimeout()

    /// How a file is opened: an existing one for writing, or for reading only.
    struct Mode {
        let flags: Int32
        /// What follows the file's name in the URI.
        let query: String
        var isUnlocked = false

        /// No file at all.
        static let memory = Mode(flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, query: "")
        static let writing = Mode(flags: SQLITE_OPEN_READWRITE, query: "")
        static let reading = Mode(flags: SQLITE_OPEN_READONLY, query: "?mode=ro&readonly_shm=1")
        /// Takes the file as it is and looks for no journal.
        ///
        /// For a file that no program writes.
        static let unlocked = Mode(flags: SQLITE_OPEN_READONLY, query: "?mode=ro&immutable=1", isUnlocked: true)
    }

    /// - Parameters:
    ///   - vfs: The name of the SQLite file layer; `nil` for the platform's own.
    ///   - copyOf: The log that this is a copy of, which errors name.
    init(path: String, mode: Mode, vfs: String? = nil, copyOf original: (path: String, state: FileState)? = nil) throws
    {
        var opened: OpaquePointer?
        let flags = mode.flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(Self.uri(path) + mode.query, &opened, flags, vfs)
        guard let opened, code == SQLITE_OK else {
            let failure = AuditLogError(sqlite: opened, code: code, path: path)
            sqlite3_close_v2(opened)
            throw failure
        }
        self.handle = opened
        self.path = original?.path ?? path
        self.original = original?.state
        self.isUnlocked = mode.isUnlocked
        lockTimeout.attach(to: opened)
        rdsiam_defend(opened)
    }

    deinit { sqlite3_close_v2(handle) }

    /// The path as a URI, in which `?`, `#` and `%` have a meaning of their own.
    private static func uri(_ path: String) -> String {
        "file:" + PercentEncoding.encode(path, keeping: [UInt8(ascii: "/"), UInt8(ascii: ":")])
    }

    /// Gives up on another connection's lock at `deadline`.
    func wait(until deadline: SuspendingClock.Instant) { lockTimeout.wait(until: deadline) }

    /// Gives each statement from now on so long to wait for another connection's lock.
    func wait(atMost limit: Duration) { lockTimeout.wait(atMost: limit) }

    func execute(_ sql: String) throws {
        try check(sqlite3_exec(handle, sql, nil, nil, nil))
    }

    func prepare(_ sql: String) throws -> Statement {
        try Statement(sql, on: self)
    }

    /// The first column of the first row; `nil` if there is none, or if it is NULL.
    func integer(_ sql: String) throws -> Int64? {
        let statement = try prepare(sql)
        return try statement.step() ? statement.optionalInteger(0) : nil
    }

    /// The first column of the first row; `nil` if there is none, or if it is NULL.
    func text(_ sql: String) throws -> String? {
        let statement = try prepare(sql)
        return try statement.step() ? statement.optionalText(0) : nil
    }

    /// Runs a statement that must store one row, and makes sure that it has done that and nothing else.
    ///
    /// A planted trigger can pass a row over without an error, or take it out again.
    func store(_ insert: Statement) throws {
        let before = sqlite3_total_changes64(handle)
        try insert.run()
        guard sqlite3_total_changes64(handle) == before + 1 else {
            let message = "Something in the audit log's file keeps rows from being stored. Verify it."
            throw AuditLogError(.damaged, message, path: path)
        }
    }

    /// How many rows the last statement has inserted, changed or deleted.
    var changes: Int64 { sqlite3_changes64(handle) }

    /// Takes back what a failed transaction did.
    ///
    /// SQLite has often done so by itself.
    func rollBack() {
        guard sqlite3_get_autocommit(handle) == 0 else { return }
        sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
    }

    /// Runs `body` in a read transaction, so that all it reads is of one moment.
    func reading<Value>(_ body: () throws -> Value) throws -> Value {
        try execute(Queries.begin)
        defer { rollBack() }
        return try body()
    }

    /// Runs `body` in a write transaction that holds the lock from the start.
    ///
    /// A deferred transaction that reads first and writes later fails at once if another writer came between.
    func writing<Value>(_ body: () throws -> Value) throws -> Value {
        try execute(Queries.beginWriting)
        do {
            let value = try body()
            try execute(Queries.commit)
            return value
        } catch {
            rollBack()
            throw error
        }
    }

    func check(_ code: Int32) throws {
        guard code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW else {
            throw AuditLogError(sqlite: handle, code: code, path: path)
        }
    }

    /// Whether the file at ``path`` is no longer the one this connection writes.
    var hasMoved: Bool { rdsiam_has_moved(handle) == 1 }

    /// Whether this is a private copy of the log, made after a crash.
    var isCopy: Bool { original != nil }

    /// Whether the log at ``path`` is no longer what this connection reads.
    var isStale: Bool { original.map { $0 != FileState(of: path) } ?? hasMoved }

    /// Copies the database file as it is.
    func copyFile(to copy: String) throws {
        let file = open(copy, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw LogFile(path: copy).failure(errno) }
        defer { close(file) }
        var status = stat()
        guard stat(path, &status) == 0 else { throw LogFile(path: path).failure(errno) }
        var position: Int64 = 0
        let size = Int64(status.st_size)
        while position < size {
            let bytes = try readFile(Int(min(1 << 20, size - position)), at: position)
            guard write(file, bytes, bytes.count) == bytes.count else { throw LogFile(path: copy).failure(errno) }
            position += Int64(bytes.count)
        }
    }

    func readFile(_ count: Int, at offset: Int64) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try check(rdsiam_read_file(handle, &bytes, Int32(count), offset))
        return bytes
    }
}
