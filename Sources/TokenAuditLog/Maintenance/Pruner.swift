package import RDSIAMSystem

/// What a pruning has deleted.
public struct AuditPruning: Sendable, Hashable {
    /// How many events were deleted.
    public internal(set) var rows: Int64 = 0
    /// The last event that is gone; 0 if none ever was.
    package internal(set) var throughSequence: Int64 = 0
    /// The event at which the pruning stopped though events after it are old enough; `nil` if there are none.
    ///
    /// A computer whose clock was ahead has recorded it: the events after it stay until it is old enough, too.
    package internal(set) var obstacle: Obstacle?

    /// An event that is dated later than events after it.
    package struct Obstacle: Sendable, Hashable {
        /// The event's row.
        package let sequence: Int64
        /// When the event says it happened.
        package let time: Date
        /// How many events after it are old enough and stay.
        let rowsKept: Int64
    }
}

/// Deletes the beginning of the chain in steps, a bounded number of rows in each.
///
/// The first step that deletes adds, in the same transaction, the prune point from which the rest of the chain is
/// verified, and the event that says so: without room for that, nothing has happened. Only rows up to a prune point can
/// be deleted; those that an interrupted pruning has left go first.
struct Pruner {
    private enum Phase {
        /// Looking for the last row that is old enough.
        case scan(after: AuditHead)
        /// Deleting.
        case delete(AuditHead)
    }

    private let time: Date
    private var stride: Int64
    private var phase: Phase?
    private(set) var result = AuditPruning()

    /// What a step deletes at least.
    ///
    /// A row's entries lie on a few pages of the indexes, all of which the journal must hold.
    private static let leastStride: Int64 = 10

    init(before time: Date, stride: Int64 = 5_000) {
        self.time = time
        self.stride = stride
    }

    /// Takes a step.
    ///
    /// A step for which the disk has no room, which is for the journal, is tried again with half of the rows, and at
    /// last with the reserve.
    ///
    /// - Returns: Whether there is another.
    mutating func step(_ committer: Committer, until deadline: SuspendingClock.Instant) throws -> Bool {
        committer.store.connection.wait(until: deadline)
        do {
            return try advance(committer, until: deadline)
        } catch let error as AuditLogError where error.code == .diskFull && stride > Self.leastStride {
            stride = max(Self.leastStride, stride / 2)
            return true
        }
    }

    private mutating func advance(_ committer: Committer, until deadline: SuspendingClock.Instant) throws -> Bool {
        switch phase {
        case nil: phase = .scan(after: try pruned(committer))
        case .scan(let last): try scan(committer, after: last)
        case .delete(let last): return try delete(committer, through: last, until: deadline)
        }
        return true
    }

    /// The last row that may be deleted already.
    private func pruned(_ committer: Committer) throws -> AuditHead {
        let logID = committer.store.logID
        return try committer.store.connection.prunePoint(logID: logID)
            ?? AuditHead(logID: logID, sequence: 0, digest: Digest())
    }

    private mutating func scan(_ committer: Committer, after last: AuditHead) throws {
        let select = try committer.store.connection.prepare(Queries.rowsToPrune)
        try select.bind(last.sequence, at: 1)
        try select.bind(stride, at: 2)
        var (last, count) = (last, Int64(0))
        while try select.step(), select.integer(2) < time.microseconds {
            last = AuditHead(logID: last.logID, sequence: select.integer(0), digest: select.digest(1))
            count += 1
        }
        phase = count == stride ? .scan(after: last) : .delete(last)
    }

    private mutating func delete(
        _ committer: Committer,
        through last: AuditHead,
        until deadline: SuspendingClock.Instant
    ) throws -> Bool {
        let connection = committer.store.connection
        let pruned = try pruned(committer).sequence
        var count: Int64 = 0
        if last.sequence > pruned {
            try committer.transaction(until: deadline, spendingReserve: stride <= Self.leastStride) {
                try permit(last, committer)
                count = try connection.deleteFirstEvents(stride, through: last.sequence)
            }
        } else {
            count = try connection.writing { try connection.deleteFirstEvents(stride, through: pruned) }
        }
        result.rows += count
        result.throughSequence = max(last.sequence, pruned)
        guard count == 0 else { return true }
        result.obstacle = try connection.reading {
            try connection.obstacle(after: result.throughSequence, before: time)
        }
        return false
    }

    /// Says, within a transaction, that the rows may be deleted.
    private func permit(_ last: AuditHead, _ committer: Committer) throws {
        // Another process may have pruned since.
        guard try last.sequence > pruned(committer).sequence else { return }
        try committer.store.insertPrunePoint(last, at: committer.configuration.now())
        try committer.append(
            .prune,
            [
                "seq": String(last.sequence), "chain": Hexadecimal.encode(last.chainHash),
                "before_us": String(time.microseconds),
            ]
        )
        // The signed checkpoints before it may be among the rows that go.
        if committer.configuration.signingKey != nil { try committer.appendCheckpoint("prune") }
    }
}

extension Connection {
    /// The first row there is, if rows after it are older than a time that it is not older than.
    fileprivate func obstacle(after pruned: Int64, before time: Date) throws -> AuditPruning.Obstacle? {
        let first = try prepare(Queries.rowsToPrune)
        try first.bind(pruned, at: 1)
        try first.bind(1, at: 2)
        guard try first.step() else { return nil }
        let count = try prepare(Queries.olderRowsCount)
        try count.bind(time.microseconds, at: 1)
        try count.bind(first.integer(0), at: 2)
        guard try count.step(), count.integer(0) > 0 else { return nil }
        let date = Date(microseconds: first.integer(2))
        return AuditPruning.Obstacle(sequence: first.integer(0), time: date, rowsKept: count.integer(0))
    }

    /// Deletes, within a transaction, up to `count` rows that are pruned.
    fileprivate func deleteFirstEvents(_ count: Int64, through sequence: Int64) throws -> Int64 {
        let delete = try prepare(Queries.deleteFirstRows)
        try delete.bind(sequence, at: 1)
        try delete.bind(count, at: 2)
        try delete.run()
        return changes
    }
}
