/// Opens a log without leaving a trace: no journal, no lock file, no repair.
struct ReadOnlyFile {
    let path: String

    func open(limit: Duration) throws -> Connection {
        guard LogFile(path: path).exists else {
            throw AuditLogError(.notFound, "There is no audit log at this path.", path: path)
        }
        let connection = try connect(limit: limit)
        _ = try connection.reading { try Migrator().check(connection) }
        try connection.addEntryView()
        return connection
    }

    private func connect(limit: Duration) throws -> Connection {
        let plain = try Connection(path: path, mode: .reading)
        plain.wait(atMost: limit)
        guard try plain.isWriteAheadLogged, !LogFile(path: path + "-wal").exists else { return plain }
        // Nobody has the log open. SQLite would create the -wal file to read it; as it is, the file is whole.
        return try Connection(path: path, mode: .unlocked)
    }
}
