/// Verifies a chain whose rows lie elsewhere than in a log's file, such as in a database: the rows are brought one by
/// one, in their order.
package struct CopyVerifier {
    private let origin: AuditHead
    private let heads: [AuditHead]
    private let hasher: ChainHasher
    private var walk: ChainWalk
    /// The rows that were skipped.
    private var skipped: [ClosedRange<Int64>] = []

    /// Begins at the log's first row, or after rows that were pruned before the copy began.
    ///
    /// - Parameters:
    ///   - origin: What the first row of the copy must follow from.
    ///   - heads: Heads that were kept elsewhere.
    package init(after origin: AuditHead, heads: [AuditHead], keys: [AuditVerificationKey] = []) throws {
        self.origin = origin
        self.heads = heads
        hasher = try ChainHasher()
        let own = heads.filter { $0.isOfSameLog(as: origin) }
        walk = ChainWalk(from: origin, heads: own, keys: keys, hasher: hasher, isIndexed: false)
    }

    /// The last row that was brought, or skipped.
    package var position: Int64 { walk.position.sequence }

    /// Checks the next row.
    ///
    /// - Parameters:
    ///   - sequence: The row's number.
    ///   - payload: The payload's bytes.
    ///   - leaf: The leaf hash that was stored with it; `nil` if it is not stored, as it is the payload's own.
    ///   - chain: The chain hash that is stored with it.
    /// - Returns: What a quick look at the payload says, valid while the payload's memory is.
    package mutating func visit(
        _ sequence: Int64,
        payload: UnsafeRawBufferPointer,
        leaf: [UInt8]? = nil,
        chain: UnsafeRawBufferPointer
    ) -> RowHints {
        let own = hasher.leaf(payload)
        let stored: Digest? = if let leaf { Digest(leaf) } else { own }
        let row = ChainRow(sequence, payload: payload, payloadLeaf: own, leaf: stored, chain: Digest(chain))
        walk.visit(row)
        return RowHints(row.fields)
    }

    /// Goes on after rows that were taken out on purpose, of which the last hash is known.
    package mutating func skip(to head: AuditHead) {
        guard head.sequence > position else { return }
        skipped.append(position + 1...head.sequence)
        walk.jump(to: head)
    }

    /// What was found.
    package func report() -> AuditVerification {
        var report = walk.report
        let beginning = AuditHead(logID: origin.logID, sequence: 0, digest: hasher.genesis(of: origin.logID))
        if origin.sequence > 0, !walk.statements.contains(where: { $0.activity == .prune && $0.states(origin) }) {
            let message = "Rows up to \(origin.sequence) were pruned before they were copied, and no event says so."
            let evidence = hasher.evidence(of: origin.sequence, origin.digest)
            report.add(AuditFinding(.pruneUnrecorded, at: origin.sequence, message, evidence: evidence))
        }
        for head in heads where head != beginning && !walk.refuted.contains(head) && !walk.met.contains(head) {
            addFinding(about: head, &report)
        }
        let acknowledgements = Acknowledgements(walk.statements)
        let own = heads.filter { $0.isOfSameLog(as: origin) }
        for index in report.findings.indices {
            report.findings[index].acknowledgedBy = acknowledgements.row(for: report.findings[index], heads: own)
        }
        return report
    }

    private func addFinding(about head: AuditHead, _ report: inout AuditVerification) {
        guard head.isOfSameLog(as: origin) else {
            return report.add(AuditFinding(.foreignHead, at: 0, "A head kept elsewhere is of log \(head.logID)."))
        }
        if head.sequence > walk.position.sequence {
            let message = "The rows end at \(walk.position.sequence); a head kept elsewhere says \(head.sequence)."
            return report.add(AuditFinding(.truncated, at: walk.position.sequence + 1, message))
        }
        if head.sequence <= origin.sequence {
            guard head.sequence == origin.sequence else {
                let message = "The row of a head kept elsewhere was pruned before it was copied."
                return report.add(AuditFinding(.headPruned, at: head.sequence, message))
            }
            if head == origin { return }
        }
        guard !skipped.contains(where: { $0.contains(head.sequence) }) else {
            return report.add(
                AuditFinding(.headPruned, at: head.sequence, "The row of a head kept elsewhere was retired.")
            )
        }
        report.add(.mismatch(of: head))
    }
}
