/// Some rows that follow each other, checked on a connection of their own.
struct ChainSegment {
    let logID: String
    let rows: ClosedRange<Int64>
    let anchors: [AuditHead]
    let keys: [AuditVerificationKey]

    /// Walks the segment in one read transaction.
    ///
    /// Rows may have been pruned since it was chosen.
    func walk(on connection: Connection, hasher: ChainHasher) throws -> ChainWalk {
        try connection.reading {
            let pruned = try connection.pruneAnchor(logID: logID)
            do {
                return try walk(from: start(after: pruned, on: connection, hasher), on: connection, hasher)
            } catch let error as AuditLogError where error.code == .damaged {
                return try walkOneByOne(after: pruned, on: connection, hasher)
            }
        }
    }

    /// The row that the segment's first must follow from.
    ///
    /// What comes before the rows that a pruning has left is gone, and its hash with it.
    private func start(
        after pruned: AuditHead?,
        on connection: Connection,
        _ hasher: ChainHasher
    ) throws -> ChainWalk.Start {
        guard let pruned, rows.lowerBound <= pruned.sequence else {
            return ChainWalk.Start(row: try connection.row(before: rows.lowerBound, logID: logID, hasher: hasher))
        }
        if let row = try connection.storedRow(before: rows.lowerBound, logID: logID) {
            return ChainWalk.Start(row: row)
        }
        guard let first = try connection.row(from: rows.lowerBound), first <= pruned.sequence else {
            return ChainWalk.Start(row: pruned)
        }
        let hash = first == 1 ? hasher.genesis(of: logID) : Digest()
        return ChainWalk.Start(row: AuditHead(logID: logID, sequence: first - 1, digest: hash), isKnown: first == 1)
    }

    private func begin(_ start: ChainWalk.Start, _ hasher: ChainHasher) -> ChainWalk {
        ChainWalk(from: start, anchors: anchors.filter { rows.contains($0.sequence) }, keys: keys, hasher: hasher)
    }

    private static let columns = "SELECT seq, leaf_hash, chain_hash, payload FROM event"

    private func walk(
        from start: ChainWalk.Start,
        on connection: Connection,
        _ hasher: ChainHasher
    ) throws -> ChainWalk {
        var walk = begin(start, hasher)
        let select = try connection.prepare(Self.columns + " WHERE seq >= ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq")
        try select.bind(rows.lowerBound, at: 1)
        try select.bind(start.row.sequence, at: 2)
        try select.bind(rows.upperBound, at: 3)
        while try select.step() { walk.visit(select) }
        return walk
    }

    /// Where pages are damaged: each row by itself, so that those on other pages are still checked.
    private func walkOneByOne(
        after pruned: AuditHead?,
        on connection: Connection,
        _ hasher: ChainHasher
    ) throws -> ChainWalk {
        let nowhere = AuditHead(logID: logID, sequence: rows.lowerBound - 1, digest: Digest())
        let known = try? start(after: pruned, on: connection, hasher)
        let start = known ?? ChainWalk.Start(row: nowhere, isKnown: false)
        var walk = begin(start, hasher)
        let select = try connection.prepare(Self.columns + " WHERE seq = ?1")
        for sequence in rows where sequence > start.row.sequence {
            defer { select.reset() }
            try select.bind(sequence, at: 1)
            do {
                if try select.step() { walk.visit(select) }
            } catch let error as AuditLogError where error.code == .damaged {
                walk.visitUnreadable(sequence)
            }
        }
        return walk
    }
}

extension ChainWalk {
    fileprivate mutating func visit(_ row: Statement) {
        let leaf = row.withBytes(1) { Digest($0) }
        let chain = row.withBytes(2) { Digest($0) }
        row.withBytes(3) { visit(row.integer(0), leaf: leaf, chain: chain, payload: $0) }
    }
}

extension Connection {
    /// The number of the first row from a number on; where the file is damaged there, the number itself.
    ///
    /// Who goes from row to row passes over numbers that no row has, be there as many as a forger likes.
    func row(from sequence: Int64) throws -> Int64? {
        do {
            return try integer("SELECT seq FROM event WHERE seq >= \(sequence) ORDER BY seq LIMIT 1")
        } catch let error as AuditLogError where error.code == .damaged {
            return sequence
        }
    }

    /// The last row before `sequence` that is there: the one the next must follow from.
    func row(before sequence: Int64, logID: String, hasher: ChainHasher) throws -> AuditHead {
        let pruned =
            try pruneAnchor(logID: logID)
            ?? AuditHead(logID: logID, sequence: 0, digest: hasher.genesis(of: logID))
        guard let row = try storedRow(before: sequence, logID: logID), row.sequence > pruned.sequence else {
            return pruned
        }
        return row
    }

    /// The last row before `sequence`, pruned or not; nil where there is none.
    fileprivate func storedRow(before sequence: Int64, logID: String) throws -> AuditHead? {
        let select = try prepare("SELECT seq, chain_hash FROM event WHERE seq < ?1 ORDER BY seq DESC LIMIT 1")
        try select.bind(sequence, at: 1)
        guard try select.step(), select.integer(0) > 0 else { return nil }
        return AuditHead(logID: logID, sequence: select.integer(0), digest: select.digest(1))
    }
}
