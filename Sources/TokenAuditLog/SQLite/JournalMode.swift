import CSQLite

/// How SQLite makes a transaction whole: which of its journals a log uses.
enum JournalMode: String {
    /// Writes go to a side file first. Fast; readers and the writer do not wait for one another.
    case wal
    /// The old pages go to a side file, which is cut to nothing at commit.
    case truncate

    /// The fastest journal this SQLite keeps safely.
    ///
    /// SQLite 3.7.0 to 3.51.2 may damage a WAL database when two connections write and checkpoint at the same moment
    /// (sqlite.org/wal.html, "The WAL-reset bug"); several processes that write one log are just that. 3.51.3 mended
    /// it, and so did 3.50.7 and 3.44.6 in their lines.
    static func safest(for version: Int32 = sqlite3_libversion_number()) -> JournalMode {
        switch version {
        case 3_051_003...: .wal
        case 3_050_007..<3_051_000: .wal
        case 3_044_006..<3_045_000: .wal
        default: .truncate
        }
    }
}

extension Connection {
    /// Whether the file is marked as one with a write-ahead log: byte 18 of its header, "file format write version".
    var isWriteAheadLogged: Bool { get throws { try readFile(20, at: 0)[18] == 2 } }

    /// Sets how this connection writes.
    ///
    /// Full synchronization is what makes a returned commit durable.
    func configure(_ journal: JournalMode, limit: Duration) throws {
        wait(atMost: limit)
        // The switch to WAL deletes a journal. Were its name to come back after a power cut, it would undo all since;
        // EXTRA synchronizes the directory as well.
        try execute(Queries.synchronizeDirectories)
        guard try text(Queries.setJournal(journal)) == journal.rawValue else {
            throw AuditLogError(
                .busy,
                "The log's journal could not be set, as another process uses the log in another way. Try again.",
                path: path
            )
        }
        try execute(Queries.writeDurably)
    }
}
