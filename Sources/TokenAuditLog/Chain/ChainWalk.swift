/// A walk along the chain, row by row: what it has seen and what it expects next.
///
/// Knows nothing of files.
struct ChainWalk {
    /// The last row seen.
    private(set) var position: AuditHead
    private var report: AuditVerification
    private var anchors: [AuditHead]
    private let hasher: ChainHasher

    init(position: AuditHead, anchors: [AuditHead], hasher: ChainHasher) {
        self.position = position
        self.report = AuditVerification(head: position)
        self.hasher = hasher
        self.anchors = []
        for anchor in anchors.sorted(by: { $0.sequence < $1.sequence }) { expect(anchor) }
    }

    private mutating func expect(_ anchor: AuditHead) {
        if anchor.logID != position.logID {
            find(.foreignAnchor, anchor.sequence, "The head kept elsewhere is of log \(anchor.logID).")
        } else if anchor.sequence == position.sequence {
            compare(anchor)
        } else if anchor.sequence > position.sequence {
            anchors.append(anchor)
        }
    }

    mutating func visit(_ sequence: Int64, leaf: [UInt8], chain: [UInt8], payload: UnsafeRawBufferPointer) {
        if hasher.leaf(payload) != leaf {
            find(.payloadAltered, sequence, "The payload does not have the hash that was stored with it.")
        }
        let expected = position.sequence + 1
        if sequence > expected {
            find(.rowsMissing, expected, "Rows \(expected) to \(sequence - 1) are not there.")
        } else if hasher.chain(previous: position.chainHash, sequence: sequence, leaf: leaf) != chain {
            find(.chainBroken, sequence, "The row does not follow from the one before it.")
        }
        // From here on the stored hash counts, so that one break is found once.
        position = AuditHead(logID: position.logID, sequence: sequence, chainHash: chain)
        report.rows += 1
        while let anchor = anchors.first, anchor.sequence <= sequence {
            anchors.removeFirst()
            compare(anchor)
        }
    }

    private mutating func compare(_ anchor: AuditHead) {
        guard anchor != position else { return }
        find(.anchorMismatch, anchor.sequence, "The row is not the one whose hash was kept elsewhere.")
    }

    private mutating func find(_ kind: AuditFinding.Kind, _ sequence: Int64, _ message: String) {
        report.findings.append(AuditFinding(kind: kind, sequence: sequence, message: message))
    }

    /// The report, after the last row.
    mutating func finish() -> AuditVerification {
        for anchor in anchors {
            find(.truncated, position.sequence, "The log ends here; a head kept elsewhere says \(anchor.sequence).")
        }
        report.head = position
        return report
    }
}
