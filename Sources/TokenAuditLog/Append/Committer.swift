import AuthTokens
import RDSIAMSystem

/// Writes transactions: the callers' events, and between them what the log says about itself.
final class Committer {
    let store: LogStore
    let configuration: AuditLogConfiguration
    /// How many transactions have been committed.
    private(set) var transactions = 0
    private let reserve: DiskReserve
    private let opened: Date
    private var isOpeningRecorded: Bool
    /// How many events shared the last commit, and how long it took.
    private var lastBatch = 0
    private var lastDuration = Duration.zero
    /// Rows since this process's last checkpoint.
    private var rowsSinceCheckpoint = 0

    static let largestPayload = 65536
    /// How long to wait for more events at most.
    static let longestPause = Duration.milliseconds(5)
    /// Rows in one transaction at most, so that other processes get their turn.
    static let mostRows = 1000

    init(path: String, configuration: AuditLogConfiguration) throws {
        self.store = try LogStore(path: path, configuration: configuration)
        self.configuration = configuration
        self.opened = configuration.now()
        self.reserve = DiskReserve(of: store.connection.path, size: configuration.reserveSize)
        self.isOpeningRecorded = !configuration.recordsOpenAndClose
        reserve.refill()
    }

    /// Stores all events that wait, those that arrive in the meantime included, and tells their waiters.
    func commitWaiting(in queue: CommitQueue, until deadline: SuspendingClock.Instant) throws {
        let start = SuspendingClock.now
        let lost = queue.lost
        try transaction(until: deadline, afterLosing: lost) {
            // Nothing is in flight, unless a first try ended with the disk full.
            queue.putBack()
            try appendWaiting(in: queue)
        }
        queue.settle(lost)
        let events = queue.takeInFlight()
        lastBatch = events.count
        lastDuration = start.duration(to: .now)
        for event in events { event.finish(.success(())) }
    }

    /// Adds the events that wait to the open transaction, and as many as the last commit had, if they come soon.
    ///
    /// Issuers that share a log have just been told and come back with their next events; without a pause half of them
    /// would miss this commit and wait for the next. A single issuer never waits, and no pause is longer than a quarter
    /// of a commit.
    private func appendWaiting(in queue: CommitQueue) throws {
        let end = SuspendingClock.now + min(lastDuration / 4, Self.longestPause)
        var rows = 0
        while rows < Self.mostRows {
            let events = queue.take(Self.mostRows - rows)
            for event in events { try append(event.payload) }
            rows += events.count
            guard events.isEmpty else { continue }
            guard rows < lastBatch, .now < end else { return }
            usleep(20)
        }
    }

    /// Stores events of the log's own.
    func commit(
        _ activity: TokenEvent.Activity,
        until deadline: SuspendingClock.Instant,
        detail: () throws -> [String: String]
    ) throws {
        try transaction(until: deadline) { try append(activity, detail()) }
    }

    /// Stores a checkpoint in a transaction of its own.
    func commitCheckpoint(
        _ reason: String,
        until deadline: SuspendingClock.Instant,
        afterLosing lost: LostEvents
    ) throws {
        try transaction(until: deadline, afterLosing: lost) { try appendCheckpoint(reason) }
        reserve.refill()
        try notify()
    }

    /// Whether there is anything a last checkpoint could confirm.
    var hasUnconfirmedRows: Bool { rowsSinceCheckpoint > 0 || !isOpeningRecorded }

    /// Runs `body` in a transaction; if the disk is full and there is a reserve, once more without it.
    ///
    /// - Parameter spendsReserve: Whether this may use the reserve, which is for events.
    func transaction(
        until deadline: SuspendingClock.Instant,
        afterLosing lost: LostEvents = LostEvents(),
        spendingReserve spendsReserve: Bool = true,
        _ body: () throws -> Void
    ) throws {
        do {
            try attempt(until: deadline, afterLosing: lost, body)
        } catch let error as AuditLogError where error.code == .diskFull && spendsReserve && reserve.spend() {
            configuration.notify(AuditLogNotice(.reserveSpent, head: store.head))
            try attempt(until: deadline, afterLosing: lost) {
                try append(.reserveSpent, ["bytes": String(configuration.reserveSize)])
                try body()
            }
        }
    }

    private func attempt(
        until deadline: SuspendingClock.Instant,
        afterLosing lost: LostEvents,
        _ body: () throws -> Void
    ) throws {
        let rowsBefore = rowsSinceCheckpoint
        do {
            try store.begin(until: deadline)
            if !isOpeningRecorded { try append(.open, headDetail, at: opened) }
            if !lost.isEmpty { try append(.gap, lost.detail) }
            try body()
            let isDue = configuration.checkpointInterval > 0 && rowsSinceCheckpoint >= configuration.checkpointInterval
            if isDue { try appendCheckpoint("interval") }
            try store.commit()
            finish(withCheckpoint: isDue)
        } catch {
            store.rollBack()
            rowsSinceCheckpoint = rowsBefore
            throw error
        }
    }

    private func finish(withCheckpoint isCheckpoint: Bool) {
        isOpeningRecorded = true
        transactions += 1
        guard isCheckpoint else { return }
        rowsSinceCheckpoint = 0
        reserve.refill()
        try? notify()
    }

    // MARK: Rows

    func append(_ activity: TokenEvent.Activity, _ detail: [String: String], at time: Date? = nil) throws {
        let time = time ?? configuration.now()
        let record = AuditRecord(activity, at: time, by: configuration.actor, detail: detail)
        try append(record.payload.utf8)
    }

    private func append(_ payload: [UInt8]) throws {
        try store.append(payload)
        rowsSinceCheckpoint += 1
    }

    /// Adds a checkpoint to the open transaction.
    func appendCheckpoint(_ reason: String) throws {
        var detail = headDetail
        detail["reason"] = reason
        detail["note"] = try configuration.signingKey.map { try store.next.note(signedWith: $0) }
        try append(.checkpoint, detail)
        rowsSinceCheckpoint = 0
    }

    /// The last row before the one that says so.
    private var headDetail: [String: String] {
        ["seq": String(store.next.sequence), "chain": Hexadecimal.encode(store.next.chainHash)]
    }

    private func notify() throws {
        let note = try configuration.signingKey.map { try store.head.note(signedWith: $0) }
        configuration.notify(AuditLogNotice(.checkpoint, head: store.head, note: note))
    }
}
