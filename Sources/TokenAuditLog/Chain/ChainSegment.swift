/// Some rows that follow each other, checked on a connection of their own.
struct ChainSegment {
    let logID: String
    let rows: ClosedRange<Int64>
    let anchors: [AuditHead]
    let keys: [AuditVerificationKey]

    /// Walks the segment in one read transaction.
    func walk(on connection: Connection, hasher: ChainHasher) throws -> ChainWalk {
        try connection.reading {
            do {
                let start = try connection.row(before: rows.lowerBound, logID: logID, hasher: hasher)
                return try walk(from: start, on: connection, hasher)
            } catch let error as AuditLogError where error.code == .damaged {
                return try walkOneByOne(on: connection, hasher)
            }
        }
    }

    private func begin(_ start: AuditHead, _ hasher: ChainHasher) -> ChainWalk {
        ChainWalk(position: start, anchors: anchors.filter { rows.contains($0.sequence) }, keys: keys, hasher: hasher)
    }

    private static let columns = "SELECT seq, leaf_hash, chain_hash, payload FROM event"

    private func walk(from start: AuditHead, on connection: Connection, _ hasher: ChainHasher) throws -> ChainWalk {
        var walk = begin(start, hasher)
        let select = try connection.prepare(Self.columns + " WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq")
        try select.bind(max(rows.lowerBound, start.sequence + 1), at: 1)
        try select.bind(rows.upperBound, at: 2)
        while try select.step() { walk.visit(select) }
        return walk
    }

    /// Where pages are damaged: each row by itself, so that those on other pages are still checked.
    private func walkOneByOne(on connection: Connection, _ hasher: ChainHasher) throws -> ChainWalk {
        var walk = begin(AuditHead(logID: logID, sequence: rows.lowerBound - 1, digest: Digest()), hasher)
        walk.forgetPosition()
        let select = try connection.prepare(Self.columns + " WHERE seq = ?1")
        for sequence in rows {
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
        let select = try prepare("SELECT seq, chain_hash FROM event WHERE seq < ?1 ORDER BY seq DESC LIMIT 1")
        try select.bind(sequence, at: 1)
        guard try select.step(), select.integer(0) > pruned.sequence,
            let digest = Digest(select.bytes(1))
        else {
            return pruned
        }
        return AuditHead(logID: logID, sequence: select.integer(0), digest: digest)
    }
}
