import RDSIAMSystem

/// Opens a log without leaving a trace: no journal, no lock file, no repair.
///
/// After a writer's crash the file alone is not the log: a journal beside it must be undone or done first. That is done
/// in a private copy of both.
struct ReadOnlyFile {
    /// Where the file itself lies, should a link lead to it.
    let path: String

    init(path: String) { self.path = LogFile(path: path).target.path }

    func open(limit: Duration) throws -> Connection {
        let file = LogFile(path: path)
        guard try file.inspect() else {
            throw AuditLogError(.notFound, "There is no audit log at this path.", path: path)
        }
        if file.size == 0 && !LogFile(path: path + "-wal").exists {
            let message = "The file is empty: nothing was recorded in it yet. Check the path."
            throw AuditLogError(.notAnAuditLog, message, path: path)
        }
        // SQLite calls it an error of the disk if a file ends within its first page, whose least size is 512 bytes.
        if (1..<512).contains(file.size) {
            throw AuditLogError(.notAnAuditLog, "The file is not an audit log. Choose another path.", path: path)
        }
        do {
            return try open(limit: limit) { try connect(limit: limit) }
        } catch let error as AuditLogError where isLeftByCrash(error) {
            return try open(limit: limit) { try RecoveredCopy.make(of: path) }
        }
    }

    /// Whether the file alone is not the log.
    ///
    /// Without a `-shm` file, SQLite cannot read a write-ahead log that it may not write to.
    private func isLeftByCrash(_ error: AuditLogError) -> Bool {
        let hasLostIndex = LogFile(path: path + "-wal").exists && !LogFile(path: path + "-shm").exists
        return error.code == .needsRecovery || ([.notPermitted, .notFound].contains(error.code) && hasLostIndex)
    }

    private func open(limit: Duration, _ connect: () throws -> Connection) throws -> Connection {
        let connection = try connect()
        connection.wait(atMost: limit)
        _ = try connection.reading { try Migrator().check(connection) }
        try connection.addEntryView()
        return connection
    }

    private func connect(limit: Duration) throws -> Connection {
        let plain = try Connection(path: path, mode: .reading)
        plain.wait(atMost: limit)
        guard try plain.isWriteAheadLogged, !LogFile(path: path + "-wal").exists else { return plain }
        // No program has the log open. SQLite would create the -wal file to read it; as it is, the file is whole.
        return try Connection(path: path, mode: .unlocked)
    }
}
