import RDSIAMSystem

/// The audit log, open for reading only: creates nothing, changes nothing, and may be used while others write.
///
/// A log that a crash has left half-way is read from a private copy.
///
/// ```swift
/// let reader = try await AuditLogReader.open("/var/lib/app/tokens.sqlite")
/// for try await entry in reader.entries(matching: filter) { print(entry.jsonLine) }
/// ```
public actor AuditLogReader {
    /// The log's file.
    public nonisolated let path: String
    private nonisolated let disk = DiskExecutor(label: "TokenAuditLog.reader")
    private nonisolated let timeout: Duration
    private var connection: Connection?

    /// The thread that waits for the disk.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { disk.asUnownedSerialExecutor() }

    private init(path: String, timeout: Duration) {
        self.path = path
        self.timeout = timeout.bounded
    }

    /// Opens a log for reading.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - timeout: How long to wait for a writer.
    /// - Throws: ``AuditLogError``: `notFound`, `notPermitted`, `notAnAuditLog`, `newerSchema`, `busy`.
    public static func open(_ path: String, timeout: Duration = .seconds(10)) async throws -> AuditLogReader {
        try LogFile.check(path)
        let reader = AuditLogReader(path: path, timeout: timeout)
        _ = try await reader.head()
        return reader
    }

    /// The log's last row, to be kept elsewhere and compared with later.
    public func head() throws -> AuditHead {
        try reading { connection in
            try connection.reading { try connection.head() }
        }
    }

    /// Walks the chain and reports all that is wrong with it.
    ///
    /// - Parameters:
    ///   - start: The row up to which the log has been verified before; nil to begin at its first row.
    ///   - heads: Heads that were kept elsewhere. The log must hold each of them; one whose row is pruned is a finding,
    ///     `headPruned`.
    ///   - keys: Keys of which one must have signed each checkpoint, and one checkpoint at least. None if signatures do
    ///     not matter.
    ///   - progress: Is told now and then how many rows have been walked. It is called on the reader's thread.
    /// - Throws: ``AuditLogError`` if the log cannot be read at all. What is wrong within it is in the report.
    public func verify(
        from start: AuditHead? = nil,
        heads: [AuditHead] = [],
        keys: [AuditVerificationKey] = [],
        progress: @escaping @Sendable (Int64) -> Void = { _ in }
    ) throws -> AuditVerification {
        try ChainVerifier(
            file: ReadOnlyFile(path: path),
            timeout: timeout,
            start: start,
            heads: heads,
            keys: keys,
            progress: progress
        ).verify()
    }

    /// Copies the log to a new file, while others write.
    ///
    /// The events and prune points are copied. Tables, indexes and triggers are made again, so that what is wrong with
    /// them is not in the copy, nor any that are not the log's.
    ///
    /// - Parameter path: The copy, which must not exist.
    /// - Returns: The last row of the copy.
    /// - Throws: ``AuditLogError``: `alreadyExists`, `diskFull`, `notPermitted`, `busy`.
    @discardableResult
    public func backUp(to path: String) throws -> AuditHead {
        try LogFile.check(path)
        return try reading { try Backup(source: $0, path: path).run() }
    }

    /// Closes the file.
    public func close() { connection = nil }

    /// Whether this reads a private copy, as a writer has crashed and left the log half-way.
    ///
    /// The log itself is not changed: the next writer repairs it.
    package var isReadingCopy: Bool { connection?.isCopy ?? false }

    /// Runs `body` on a connection that suits the state of the file at this moment.
    func reading<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        // Another file has been put at the path: what is read here should be what is there.
        let file = ReadOnlyFile(path: path)
        if let connection, connection.isStale || !connection.path.isBytewiseEqual(to: file.path) {
            self.connection = nil
        }
        let connection = try self.connection ?? file.open(limit: timeout)
        self.connection = connection.isUnlocked ? nil : connection
        return try body(connection)
    }
}
