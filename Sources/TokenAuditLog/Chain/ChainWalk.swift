/// A walk along the chain, row by row: what it has seen and what it expects next.
///
/// It knows nothing of files. After a break the stored hash counts, so that one break is found once.
struct ChainWalk {
    /// The last row seen.
    private(set) var position: AuditHead
    private(set) var report: AuditVerification
    /// What the log itself says about what was pruned and acknowledged.
    private(set) var statements: [LogStatement] = []
    /// Heads kept elsewhere that lie ahead, the nearest last.
    private var anchors: [AuditHead]
    private let keys: [AuditVerificationKey]
    private let hasher: ChainHasher

    init(position: AuditHead, anchors: [AuditHead], keys: [AuditVerificationKey], hasher: ChainHasher) {
        self.position = position
        self.report = AuditVerification(head: position)
        self.anchors = anchors.filter { $0.sequence > position.sequence }.sorted {
            $0.sequence > $1.sequence
        }
        self.keys = keys
        self.hasher = hasher
    }

    /// Sees the next row.
    ///
    /// Its hashes are nil where they are not 32 bytes long.
    mutating func visit(_ sequence: Int64, leaf: Digest?, chain: Digest?, payload: UnsafeRawBufferPointer) {
        let leaf = check(leaf, of: payload, at: sequence)
        if LogStatement.isLikely(payload) {
            hear(LogStatement(payload, sequence: sequence), at: sequence)
        }
        follow(to: sequence, leaf: leaf, chain: chain ?? Digest())
        report.rows += 1
        while let anchor = anchors.last, anchor.sequence <= sequence {
            anchors.removeLast()
            if anchor != position {
                find(.anchorMismatch, anchor.sequence, "The row is not the one whose hash was kept elsewhere.")
            }
        }
    }

    /// Sees that a row is there and cannot be read.
    mutating func visitUnreadable(_ sequence: Int64) {
        find(.unreadable, sequence, "The row cannot be read: the file is damaged there.")
        position = AuditHead(logID: position.logID, sequence: sequence, digest: Digest())
        forgetPosition()
    }

    /// The hash of the last row is not known, so the next need not follow from it.
    mutating func forgetPosition() { isPositionKnown = false }

    private var isPositionKnown = true

    private mutating func check(_ leaf: Digest?, of payload: UnsafeRawBufferPointer, at sequence: Int64) -> Digest {
        if let leaf, hasher.leaf(payload) == leaf { return leaf }
        find(.payloadAltered, sequence, "The payload does not have the hash that was stored with it.")
        return leaf ?? Digest()
    }

    private mutating func follow(to sequence: Int64, leaf: Digest, chain: Digest) {
        let expected = position.sequence + 1
        if sequence > expected {
            find(.rowsMissing, expected, "Rows \(expected) to \(sequence - 1) are not there.")
        } else if isPositionKnown
            && hasher.chain(previous: position.digest, sequence: sequence, leaf: leaf) != chain
        {
            find(.chainBroken, sequence, "The row does not follow from the one before it.")
        }
        isPositionKnown = true
        position = AuditHead(logID: position.logID, sequence: sequence, digest: chain)
    }

    private mutating func hear(_ statement: LogStatement?, at sequence: Int64) {
        guard let statement else { return }
        if statement.statesHead && isPositionKnown && position.sequence == sequence - 1
            && statement.head != position.mark
        {
            find(.checkpointMismatch, sequence, "The log's own checkpoint states another row than the one before it.")
        }
        if let problem = statement.problem(with: keys, position: position) {
            find(.badSignature, sequence, problem)
        }
        if statement.isLasting { statements.append(statement) }
    }

    private mutating func find(_ kind: AuditFinding.Kind, _ sequence: Int64, _ message: String) {
        report.add(AuditFinding(kind, at: sequence, message))
    }

    /// The report, after the last row.
    func finished() -> AuditVerification {
        var report = report
        report.head = position
        return report
    }
}
