import AuthTokens
import RDSIAMHashing
public import RDSIAMSystem

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
        self.timeLimit = timeLimit.bounded
    }

    /// Opens a log for reading.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - timeLimit: How long to wait for a writer.
    /// - Throws: ``AuditLogError``: `notFound`, `notPermitted`, `notAnAuditLog`, `newerSchema`, `needsRecovery`, `busy`.
    public static func open(_ path: String, timeLimit: Duration = .seconds(10)) async throws -> AuditLogReader {
        try LogFile.check(path)
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
    /// "Newest" is what the log has recorded last: several computers' clocks, or one that was put back, do not change the
    /// order.
    ///
    /// - Parameters:
    ///   - filter: Which entries.
    ///   - limit: How many at most, 1 or more.
    ///   - cursor: Where the page begins: the ``AuditPage/next`` of the page before; nil for the first.
    public func entries(
        matching filter: AuditFilter = AuditFilter(),
        limit: Int = 50,
        after cursor: AuditCursor? = nil
    ) throws -> AuditPage {
        guard limit > 0 else { throw AuditLogError(.invalidArgument, "A page has 1 entry or more.", path: path) }
        try filter.since?.checkIsNumber(path: path)
        try filter.until?.checkIsNumber(path: path)
        return try reading { try EntryQuery(filter: filter).page(on: $0, after: cursor, limit: limit) }
    }

    /// Walks the chain and reports all that is wrong with it.
    ///
    /// - Parameters:
    ///   - start: The row up to which the log has been verified before; nil to begin at its first row.
    ///   - heads: Heads that were kept elsewhere. The log must hold each of them; one whose row is pruned is a finding,
    ///     ``AuditFinding/Kind/headPruned``.
    ///   - keys: Keys of which one must have signed each checkpoint. None where signatures do not matter.
    /// - Throws: ``AuditLogError`` where the log cannot be read at all. What is wrong within it is in the report.
    public func verify(
        from start: AuditHead? = nil,
        heads: [AuditHead] = [],
        keys: [AuditVerificationKey] = []
    ) throws -> AuditVerification {
        try ChainVerifier(
            file: ReadOnlyFile(path: path),
            timeLimit: timeLimit,
            start: start,
            heads: heads,
            keys: keys
        ).verify()
    }

    /// Counts events per day, per user and per server.
    ///
    /// - Parameters:
    ///   - since: From this moment on; nil from the beginning.
    ///   - until: Before this moment; nil to the end.
    public func statistics(since: Date? = nil, until: Date? = nil) throws -> AuditStatistics {
        try since?.checkIsNumber(path: path)
        try until?.checkIsNumber(path: path)
        return try reading { try StatisticsQuery(since: since, until: until).run(on: $0) }
    }

    /// Looks a token up that has turned up somewhere, such as in a debug log.
    ///
    /// - Parameter token: The token's text. White space around it does not count. It is hashed and not kept.
    public func trace(token: String) throws -> AuditTokenTrace {
        let fingerprint: SHA256Digest
        do { fingerprint = try SHA256Digest.hash(token.trimmingASCIISpace()) } catch { throw AuditLogError.noSHA256 }
        return try trace(fingerprint: fingerprint.hexadecimal)
    }

    /// Looks a token up by its fingerprint, as `sha256sum` prints it.
    ///
    /// - Parameter fingerprint: The SHA-256 of the token's text in hexadecimal.
    public func trace(fingerprint: String) throws -> AuditTokenTrace {
        var filter = AuditFilter()
        filter.fingerprint = fingerprint
        let newest = try entries(matching: filter, limit: AuditTokenTrace.most)
        let next = try newest.next.map { try entries(matching: filter, limit: 1, after: $0) }
        filter.activity = .issue
        let issues = try newest.next.map { try entries(matching: filter, limit: AuditTokenTrace.most, after: $0) }
        return AuditTokenTrace(
            fingerprint: fingerprint.asciiLowercased(),
            entries: newest.entries + (issues?.entries ?? []),
            isAbridged: next?.entries.isEmpty == false
        )
    }

    /// Writes events in another form, oldest first.
    ///
    /// - Parameters:
    ///   - format: The form.
    ///   - sequence: The row after which to begin: the ``AuditExportSummary/lastSequence`` of the export before. Nil to
    ///     begin at the first row there is.
    ///   - write: Takes the next bytes. It is called on the reader's thread.
    /// - Throws: ``AuditLogError`` `pruned` where rows after `sequence` are gone, be it on the way, `rewound` where the log
    ///   ends before `sequence`, `damaged` where rows are missing; what `write` throws.
    @discardableResult
    public func export(
        _ format: AuditExportFormat,
        after sequence: Int64? = nil,
        to write: @escaping @Sendable ([UInt8]) throws -> Void
    ) throws -> AuditExportSummary {
        try reading {
            try Exporter(connection: $0, format: format, write: write).export(after: sequence)
        }
    }

    /// Copies the log to a new file, while others write.
    ///
    /// The events and marks are copied. Tables and triggers are made anew, so that what is wrong with them is not in the
    /// copy, nor any that are not the log's.
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

    /// Runs `body` on a connection that suits the state of the file at this moment.
    private func reading<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        // Another file has been put at the path: what is read here should be what is there.
        if connection?.hasMoved == true { connection = nil }
        let connection = try self.connection ?? ReadOnlyFile(path: path).open(limit: timeLimit)
        self.connection = connection.isUnlocked ? nil : connection
        return try body(connection)
    }
}
