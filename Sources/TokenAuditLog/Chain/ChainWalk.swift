/// A walk along the chain, row by row: what it has seen and what it expects next.
///
/// It knows nothing of files. After a break the stored hash counts, so that one break is found once.
struct ChainWalk {
    /// Where a walk begins: at the row before its first.
    struct Start {
        let row: AuditHead
        /// Whether that row's hash is known; else the first row need not follow from it.
        var isKnown = true
    }

    /// The last row seen.
    private(set) var position: AuditHead
    private var isPositionKnown: Bool
    private(set) var result: WalkReport
    /// Heads kept elsewhere that lie ahead, the nearest last.
    private var anchors: [AuditHead]
    private let keys: [AuditVerificationKey]
    private let hasher: ChainHasher

    /// A row as it is stored; all zeros, which is no row's hash, where one is not 32 bytes long.
    private struct Row {
        let sequence: Int64
        let payload: UnsafeRawBufferPointer
        let leaf: Digest
        let chain: Digest
    }

    init(from start: Start, anchors: [AuditHead], keys: [AuditVerificationKey], hasher: ChainHasher) {
        self.position = start.row
        self.isPositionKnown = start.isKnown
        self.result = WalkReport(from: start.row)
        self.anchors = anchors.filter { $0.sequence > start.row.sequence }.sorted {
            $0.sequence > $1.sequence
        }
        self.keys = keys
        self.hasher = hasher
    }

    /// Sees the next row.
    ///
    /// Its hashes are nil where they are not 32 bytes long.
    mutating func visit(_ sequence: Int64, leaf: Digest?, chain: Digest?, payload: UnsafeRawBufferPointer) {
        let row = Row(sequence: sequence, payload: payload, leaf: leaf ?? Digest(), chain: chain ?? Digest())
        if hasher.leaf(payload) != row.leaf {
            find(.payloadAltered, row, "The payload does not have the hash that was stored with it.")
        }
        if LogStatement.isLikely(payload) { hear(LogStatement(payload, sequence: sequence), row) }
        follow(to: row)
        result.report.rows += 1
        compareAnchors(with: row)
    }

    /// Sees that a row is there and cannot be read.
    mutating func visitUnreadable(_ sequence: Int64) {
        result.report.add(
            AuditFinding(
                .unreadable,
                at: sequence,
                "The row cannot be read: the file is damaged there.",
                evidence: hasher.evidence(of: sequence)
            )
        )
        position = AuditHead(logID: position.logID, sequence: sequence, digest: Digest())
        isPositionKnown = false
    }

    private mutating func follow(to row: Row) {
        let expected = position.sequence + 1
        if row.sequence > expected {
            let message = "Rows \(expected) to \(row.sequence - 1) are not there."
            find(.rowsMissing, row, at: expected, message)
        } else if isPositionKnown
            && hasher.chain(previous: position.digest, sequence: row.sequence, leaf: row.leaf) != row.chain
        {
            find(.chainBroken, row, "The row does not follow from the one before it.")
        }
        isPositionKnown = true
        position = AuditHead(logID: position.logID, sequence: row.sequence, digest: row.chain)
    }

    /// Heads whose rows are not there are left for the end.
    private mutating func compareAnchors(with row: Row) {
        while let anchor = anchors.last, anchor.sequence <= row.sequence {
            anchors.removeLast()
            guard anchor.sequence == row.sequence else { continue }
            result.met.insert(anchor)
            if anchor != position { result.report.add(.mismatch(of: anchor)) }
        }
    }

    private mutating func hear(_ statement: LogStatement?, _ row: Row) {
        guard let statement else { return }
        if statement.statesHead && isPositionKnown && position.sequence == row.sequence - 1
            && statement.head != position.mark
        {
            find(.checkpointMismatch, row, "The log's own checkpoint states another row than the one before it.")
        }
        if let problem = statement.problem(with: keys, position: position) {
            // A key that was kept elsewhere contradicts the log.
            result.report.add(AuditFinding(.badSignature, at: row.sequence, problem))
        }
        if statement.isLasting { result.statements.append(statement) }
    }

    private mutating func find(_ kind: AuditFinding.Kind, _ row: Row, at sequence: Int64? = nil, _ message: String) {
        let evidence = hasher.evidence(of: row.sequence, hasher.leaf(row.payload), row.leaf, row.chain)
        result.report.add(AuditFinding(kind, at: sequence ?? row.sequence, message, evidence: evidence))
    }

    /// What was found, after the last row.
    func finished() -> WalkReport {
        var result = result
        result.report.head = position
        return result
    }
}

extension AuditFinding {
    static func mismatch(of anchor: AuditHead) -> AuditFinding {
        AuditFinding(
            .anchorMismatch,
            at: anchor.sequence,
            "The row is not the one whose hash was kept elsewhere."
        )
    }
}
