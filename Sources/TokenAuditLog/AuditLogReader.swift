/// The audit log, open for reading only: creates nothing, changes nothing, and may be used while others write.
///
/// ```swift
/// let reader = try await AuditLogReader.open("/var/lib/app/tokens.auditlog")
/// let page = try await reader.entries(matching: filter, limit: 50)
/// ```
public actor AuditLogReader {
    /// The log's file.
    public nonisolated let path: String
    private nonisolated let disk = DiskExecutor(label: "TokenAuditLog.reader")
    private nonisolated let timeLimit: Duration
    private var connection: Connection?

    /// The thread that waits for the disk.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { disk.asUnownedSerialExecutor() }

    private init(path: String, timeLimit: Duration) {
        self.path = path
        self.timeLimit = timeLimit
    }

    /// Opens a log for reading.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - timeLimit: How long to wait for a writer.
    /// - Throws: ``AuditLogError``: `notFound`, `notPermitted`, `notAnAuditLog`, `newerSchema`, `needsRecovery`, `busy`.
    public static func open(_ path: String, timeLimit: Duration = .seconds(10)) async throws -> AuditLogReader {
        let reader = AuditLogReader(path: path, timeLimit: timeLimit)
        _ = try await reader.head()
        return reader
    }

    /// The log's last row, to be kept elsewhere and compared with later.
    public func head() throws -> AuditHead {
        try reading { connection in
            try connection.reading { try connection.head() }
        }
    }

    /// Entries that match, newest first.
    ///
    /// - Parameters:
    ///   - filter: Which entries.
    ///   - limit: How many at most.
    ///   - cursor: Where the page begins: the ``AuditPage/next`` of the page before; nil for the first.
    public func entries(
        matching filter: AuditFilter = AuditFilter(),
        limit: Int = 50,
        after cursor: AuditCursor? = nil
    ) throws -> AuditPage {
        try reading { try EntryQuery(filter: filter).page(on: $0, after: cursor, limit: limit) }
    }

    /// Walks the chain and reports all that is wrong with it.
    ///
    /// - Parameters:
    ///   - start: The row up to which the log has been verified before; nil to begin at its first row.
    ///   - anchors: Heads that were kept elsewhere. The log must hold each of them.
    /// - Throws: ``AuditLogError`` where the log cannot be read at all. What is wrong within it is in the report.
    public func verify(
        from start: AuditHead? = nil,
        anchors: [AuditHead] = []
    ) throws -> AuditVerification {
        try reading { try ChainVerifier(connection: $0).verify(from: start, anchors: anchors) }
    }

    /// Closes the file.
    public func close() { connection = nil }

    /// Runs `body` on a connection that suits the state of the file at this moment.
    private func reading<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        let connection = try self.connection ?? ReadOnlyFile(path: path).open(limit: timeLimit)
        self.connection = connection
        connection.wait(atMost: timeLimit)
        return try body(connection)
    }
}

extension Connection {
    /// The last row; the last pruned row, or the chain's beginning, where there is none.
    func head() throws -> AuditHead {
        let logID = try logID()
        let select = try prepare("SELECT seq, chain_hash FROM event ORDER BY seq DESC LIMIT 1")
        if try select.step() {
            return AuditHead(logID: logID, sequence: select.integer(0), chainHash: select.bytes(1))
        }
        return try pruneAnchor(logID: logID)
            ?? AuditHead(logID: logID, sequence: 0, chainHash: ChainHasher().genesis(of: logID))
    }
}
