import RDSIAMSystem

/// Rows of a log in their order, a short read transaction at a time.
struct ChainSteps {
    private let file: ReadOnlyFile
    private let timeout: Duration
    private let pace: Duration
    private(set) var connection: Connection
    private var rows: Statement
    private var row: Statement
    private var isFound: Statement
    /// The last row that was tried by itself, where pages are damaged, and how many were in all.
    private var probe = (row: Int64(0), count: 0)
    /// The end of what an unfinished pruning has left, with the prune point that it must lead to.
    private(set) var leftovers: (end: AuditHead, prunePoint: AuditHead)?
    /// The prune point at the time of the last step.
    private(set) var prunePoint: AuditHead?
    /// The lowest row and the lowest prune point with a number below 1, which no log has.
    let impossible: (row: Int64?, prunePoint: Int64?)

    /// Where so many rows cannot be read, the file is for a backup to replace.
    private static let mostProbes = 100_000

    init(file: ReadOnlyFile, timeout: Duration, pace: Duration) throws {
        self.file = file
        self.timeout = timeout
        self.pace = pace
        let connection = try Self.open(file, timeout)
        self.connection = connection
        rows = try connection.prepare(Queries.rowsToCheck)
        row = try connection.prepare(Queries.rowToCheck)
        isFound = try connection.prepare(Queries.isFound)
        impossible = try connection.reading {
            (try? connection.integer(Queries.impossibleRow), try connection.integer(Queries.impossiblePrunePoint))
        }
    }

    private static func open(_ file: ReadOnlyFile, _ limit: Duration) throws -> Connection {
        let connection = try file.open(limit: limit)
        try connection.execute(Queries.smallCache)
        return connection
    }

    /// Walks on, and returns whether there may be more rows.
    mutating func advance(_ walk: inout ChainWalk) throws -> Bool {
        try transaction(&walk) { steps, walk in
            // Other processes may have pruned since: the event that says so is one of the rows to come.
            steps.prunePoint = try steps.connection.prunePoint(logID: walk.position.logID)
            if let point = steps.prunePoint, point.sequence > walk.position.sequence { walk.jump(to: point) }
            if try steps.walk(&walk, through: .max) { return true }
            // Counted from the other end: no row may lie beyond what the walk has come to.
            if let highest = try? steps.connection.highestRow(), highest > walk.position.sequence {
                walk.visitUnreadable(highest, "Rows up to \(highest) are in the file, and no walk comes to them.")
            }
            return false
        }
    }

    /// Walks along what an unfinished pruning has left, and then begins after the prune point.
    ///
    /// What came before the first of these rows is gone, and its hash with it, unless it is row 1.
    mutating func walkLeftovers(_ walk: inout ChainWalk, _ beginning: AuditHead) throws {
        let fresh = walk
        var isAtStart = true
        var prunePoint: AuditHead?
        while try transaction(
            &walk,
            { steps, walk in
                let now = try steps.connection.prunePoint(logID: beginning.logID)
                guard let now, let first = try steps.connection.firstRow(), first <= now.sequence else {
                    // None is left. Were there some before, they are deleted by now.
                    if prunePoint != now { (walk, steps.leftovers) = (fresh, nil) }
                    walk.begin(at: now ?? beginning)
                    return false
                }
                if prunePoint != now { (walk, isAtStart, prunePoint) = (fresh, true, now) }
                if isAtStart || first > walk.position.sequence &+ 1 {
                    let isKnown = first == 1
                    walk.jump(
                        to: isKnown ? beginning : AuditHead(logID: now.logID, sequence: first &- 1, digest: Digest()),
                        isKnown: isKnown
                    )
                    isAtStart = false
                }
                if try steps.walk(&walk, through: now.sequence) { return true }
                steps.leftovers = (walk.position, now)
                walk.begin(at: now)
                return false
            }
        ) {}
    }

    /// Runs `body` in a read transaction.
    ///
    /// A connection that looks for no journal sees the file as it was when opened: if a writer has come, what was read
    /// is read again.
    private mutating func transaction(
        _ walk: inout ChainWalk,
        _ body: (inout Self, inout ChainWalk) throws -> Bool
    ) throws -> Bool {
        let before = walk
        let connection = connection
        let hasMore = try connection.reading { try body(&self, &walk) }
        guard connection.isOvertaken else { return hasMore }
        self.connection = try Self.open(file, timeout)
        rows = try self.connection.prepare(Queries.rowsToCheck)
        row = try self.connection.prepare(Queries.rowToCheck)
        isFound = try self.connection.prepare(Queries.isFound)
        walk = before
        return true
    }

    /// Walks for a while.
    ///
    /// Returns whether the time was up before the rows were.
    private mutating func walk(_ walk: inout ChainWalk, through last: Int64) throws -> Bool {
        let end = SuspendingClock.now + pace
        defer { rows.reset() }
        do {
            try rows.bind(max(walk.position.sequence, probe.row), at: 1)
            try rows.bind(last, at: 2)
            while try rows.step() {
                // Where pages are damaged, rows may come in any order, and again and again.
                guard rows.integer(0) > walk.position.sequence else {
                    walk.visitDisorder(rows.integer(0))
                    return try walkByOne(&walk, through: last)
                }
                walk.visit(rows)
                try seek(rows.integer(0), &walk)
                if SuspendingClock.now >= end { return true }
            }
            return false
        } catch let error as AuditLogError where error.code == .damaged {
            return try walkByOne(&walk, through: last)
        }
    }

    /// Makes sure that a row is found by its number, as searches find it.
    ///
    /// The walk goes from page to page; a search is led by the keys in pages above them.
    private func seek(_ sequence: Int64, _ walk: inout ChainWalk) throws {
        defer { isFound.reset() }
        try isFound.bind(sequence, at: 1)
        if try !isFound.step() { walk.visitLost(sequence) }
    }

    /// Takes the next row by itself, so that those on other pages are still checked.
    private mutating func walkByOne(_ walk: inout ChainWalk, through last: Int64) throws -> Bool {
        let sequence = max(walk.position.sequence, probe.row)
        guard sequence < min(last, (try? connection.highestRow()) ?? .max), probe.count < Self.mostProbes else {
            walk.visitUnreadable(sequence < .max ? sequence + 1 : sequence, "The file cannot be read from here on.")
            return false
        }
        probe = (sequence + 1, probe.count + 1)
        defer { row.reset() }
        do {
            try row.bind(sequence + 1, at: 1)
            if try row.step() { walk.visit(row) }
        } catch let error as AuditLogError where error.code == .damaged {
            walk.visitUnreadable(sequence + 1, "The row cannot be read: the file is damaged there.")
        }
        return true
    }
}

extension ChainWalk {
    fileprivate mutating func visit(_ row: Statement) {
        let leaf = row.withBytes(1) { Digest($0) }
        let chain = row.withBytes(2) { Digest($0) }
        row.withBytes(3) { payload in
            let payloadLeaf = hasher.leaf(payload)
            visit(ChainRow(row.integer(0), payload: payload, payloadLeaf: payloadLeaf, leaf: leaf, chain: chain))
        }
    }
}

extension Connection {
    /// The first row from 1 on; `nil` if there is none, or if it cannot be read.
    fileprivate func firstRow() throws -> Int64? {
        let select = try prepare(Queries.rowFrom)
        try select.bind(1, at: 1)
        do {
            return try select.step() ? select.integer(0) : nil
        } catch let error as AuditLogError where error.code == .damaged {
            return nil
        }
    }
}
