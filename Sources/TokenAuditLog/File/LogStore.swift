import CSQLite
import RDSIAMSystem

/// The open file of a log that is written: one transaction at a time appends rows to the chain.
final class LogStore {
    let connection: Connection
    let logID: String
    let hasher: ChainHasher
    /// The last row known to be stored.
    private(set) var head: AuditHead
    /// The last row of the open transaction.
    private(set) var next: AuditHead
    private let journal: JournalMode
    private let beginning: Statement
    private let ending: Statement
    private let insert: Statement
    private let selectHead: Statement
    private let selectChain: Statement

    init(path: String, configuration: AuditLogConfiguration) throws {
        journal = configuration.journalMode ?? .safest()
        connection = try Self.open(path, configuration, journal)
        hasher = try ChainHasher()
        logID = try connection.logID()
        beginning = try connection.prepare(Queries.beginWriting)
        ending = try connection.prepare(Queries.commit)
        insert = try connection.prepare(Queries.insertRow)
        selectHead = try connection.prepare(Queries.lastRow)
        selectChain = try connection.prepare(Queries.chainHash)
        head = AuditHead(logID: logID, sequence: 0, digest: hasher.genesis(of: logID))
        next = head
        head = try connection.reading { try readHead() }
    }

    private static func open(
        _ path: String,
        _ configuration: AuditLogConfiguration,
        _ journal: JournalMode
    ) throws -> Connection {
        let file = LogFile(path: path)
        if configuration.createsFile { try file.createIfMissing() }
        guard try file.inspect() else {
            throw AuditLogError(.notFound, "There is no audit log at this path.", path: path)
        }
        let target = file.target
        let connection = try Connection(path: target.path, mode: .writing, vfs: configuration.fileLayer)
        connection.wait(atMost: configuration.timeout)
        let migrator = Migrator()
        // Before anything is changed: the file may be another program's.
        _ = try connection.reading { try migrator.check(connection, mayBeEmpty: configuration.createsFile) }
        target.closeToOthers()
        try connection.configure(journal, limit: configuration.timeout)
        try migrator.migrate(connection, at: configuration.now())
        return connection
    }

    /// Opens a transaction, and with it the right to append.
    func begin(until deadline: SuspendingClock.Instant) throws {
        connection.wait(until: deadline)
        try beginning.run()
        try checkPlace()
        next = try readHead()
        try checkNotRewound()
    }

    /// Adds one row to the open transaction.
    func append(_ payload: [UInt8]) throws {
        guard next.sequence < .max else {
            let message = "The audit log's last row has the last number there is. Verify it."
            throw AuditLogError(.damaged, message, path: connection.path)
        }
        let sequence = next.sequence + 1
        let leaf = payload.withUnsafeBytes { hasher.leaf($0) }
        let chain = hasher.chain(previous: next.digest, sequence: sequence, leaf: leaf)
        try insert.bind(sequence, at: 1)
        try insert.bind(utf8: payload, at: 2)
        try insert.bind(leaf.bytes, at: 3)
        try insert.bind(chain.bytes, at: 4)
        try connection.store(insert)
        next = AuditHead(logID: logID, sequence: sequence, digest: chain)
    }

    /// Makes the open transaction's rows durable.
    func commit() throws {
        try ending.run()
        // In WAL mode SQLite goes on writing a file that has no name any more.
        try checkPlace()
        head = next
    }

    func rollBack() {
        connection.rollBack()
    }

    /// Adds a prune point to the open transaction.
    ///
    /// The file's guards refuse one that the chain contradicts.
    func insertPrunePoint(_ head: AuditHead, at time: Date) throws {
        let insert = try connection.prepare(Queries.insertPrunePoint)
        try insert.bind(head.sequence, at: 1)
        try insert.bind(head.chainHash, at: 2)
        try insert.bind(time.microseconds, at: 3)
        try connection.store(insert)
    }

    /// Accepts the file as it is, though rows may be gone that this process has written.
    func forgetHead() {
        head = AuditHead(logID: logID, sequence: 0, digest: Digest())
    }

    private func readHead() throws -> AuditHead {
        defer { selectHead.reset() }
        if try selectHead.step() {
            return AuditHead(logID: logID, sequence: selectHead.integer(0), digest: selectHead.digest(1))
        }
        return try connection.prunePoint(logID: logID)
            ?? AuditHead(logID: logID, sequence: 0, digest: hasher.genesis(of: logID))
    }

    private func checkPlace() throws {
        guard
            connection.hasMoved || (journal == .wal && !LogFile(path: connection.path + "-wal").exists)
        else {
            return
        }
        throw AuditLogError(
            .moved,
            "The audit log was moved, deleted or replaced while open. Put it back, or open it anew.",
            path: connection.path
        )
    }

    /// A file that was put back from a copy lacks rows this process has promised are stored.
    private func checkNotRewound() throws {
        guard
            try head.sequence == 0
                || (next.sequence >= head.sequence && digest(at: head.sequence) == head.digest)
        else {
            throw AuditLogError(
                .rewound,
                "The audit log no longer holds row \(head.sequence), which this process has written. Verify it.",
                path: connection.path
            )
        }
    }

    /// The chain hash of a row; of the remembered head if the row has been pruned since.
    private func digest(at sequence: Int64) throws -> Digest? {
        if sequence == next.sequence { return next.digest }
        defer { selectChain.reset() }
        try selectChain.bind(sequence, at: 1)
        return try selectChain.step() ? selectChain.digest(0) : prunedOrGone(sequence)
    }

    private func prunedOrGone(_ sequence: Int64) throws -> Digest? {
        let pruned = try connection.prunePoint(logID: logID)?.sequence ?? 0
        return sequence <= pruned ? head.digest : nil
    }
}
