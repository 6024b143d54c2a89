/// What there is of a log's rows at one moment.
///
/// Rows at or below the last mark of pruning belong to the log no more. An unfinished pruning leaves some of them: an
/// unbroken run that ends in the row whose hash the mark states.
struct LogExtent {
    /// The last pruned row, or the chain's beginning: what the next row must follow from.
    let beginning: AuditHead
    let isPruned: Bool
    /// The last row after it, else `beginning`.
    let last: AuditHead
    /// The first and the last row that pruning has left.
    let leftovers: (first: Int64, last: AuditHead)?
    /// The lowest row and the lowest mark of pruning with a number below 1, which no log gives.
    let impossible: (row: Int64?, mark: Int64?)

    /// Reads it, in a read transaction.
    init(_ connection: Connection, _ hasher: ChainHasher) throws {
        let logID = try connection.logID()
        let pruned = try connection.pruneAnchor(logID: logID)
        beginning = pruned ?? AuditHead(logID: logID, sequence: 0, digest: hasher.genesis(of: logID))
        isPruned = pruned != nil
        last = try connection.head()
        leftovers = try pruned.flatMap { try connection.leftovers(through: $0) }
        impossible = (
            try connection.integer("SELECT seq FROM event WHERE seq < 1 ORDER BY seq LIMIT 1"),
            try connection.integer("SELECT min(through_seq) FROM anchor WHERE kind = 'prune' AND through_seq < 1")
        )
    }

    var logID: String { beginning.logID }

    /// What the rows themselves cannot show.
    func findings(_ hasher: ChainHasher) -> [AuditFinding] {
        var findings: [AuditFinding] = []
        if let row = impossible.row {
            findings.append(AuditFinding(.rowsSurplus, at: row, "No log has a row with a number below 1."))
        }
        if let mark = impossible.mark {
            findings.append(AuditFinding(.pruneUnrecorded, at: mark, "No log is pruned below row 1."))
        }
        guard let end = leftovers?.last, end != beginning else { return findings }
        let evidence = hasher.evidence(of: beginning.sequence, beginning.digest)
        let isShort = end.sequence < beginning.sequence
        findings.append(
            AuditFinding(
                isShort ? .rowsMissing : .chainBroken,
                at: isShort ? end.sequence + 1 : end.sequence,
                "The rows before the last pruned one do not lead to it.",
                evidence: evidence
            )
        )
        return findings
    }
}

extension Connection {
    fileprivate func leftovers(through pruned: AuditHead) throws -> (first: Int64, last: AuditHead)? {
        guard let first = try row(from: 1), first <= pruned.sequence else { return nil }
        let select = try prepare(
            "SELECT seq, chain_hash FROM event WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq DESC LIMIT 1"
        )
        try select.bind(first, at: 1)
        try select.bind(pruned.sequence, at: 2)
        guard try select.step() else { return nil }
        return (first, AuditHead(logID: pruned.logID, sequence: select.integer(0), digest: select.digest(1)))
    }
}
