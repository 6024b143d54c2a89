/// Verifies a chain whose rows lie elsewhere than in a log's file, such as in a database: the rows are brought one by
/// one, in their order.
package struct CopyVerifier {
    private let origin: AuditHead
    private let heads: [AuditHead]
    private let cursor: AuditHead?
    private let hasher: ChainHasher
    private var walk: ChainWalk
    /// The rows that were skipped: the first one's number, and the last one's hash.
    private var skipped: [(first: Int64, last: AuditHead)] = []
    /// The row that has the cursor's number.
    private var rowAtCursor: AuditHead?

    /// Begins at the log's first row, or after rows that were pruned before the copy began.
    ///
    /// - Parameters:
    ///   - origin: What the first row of the copy must follow from.
    ///   - heads: Heads that were kept elsewhere.
    ///   - cursor: Where the copy ends, as those say who hold it; `nil` if they do not know.
    ///   - keys: Keys of which one must have signed each checkpoint; none if signatures do not matter.
    package init(
        after origin: AuditHead,
        heads: [AuditHead],
        cursor: AuditHead?,
        keys: [AuditVerificationKey] = []
    ) throws {
        (self.origin, self.heads, self.cursor) = (origin, heads, cursor)
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
    ///   - acceptance: Who has accepted that it does not fit, which makes that a remark; `nil` if it must fit.
    /// - Returns: What a quick look at the payload says, valid while the payload's memory is.
    package mutating func visit(
        _ sequence: Int64,
        payload: UnsafeRawBufferPointer,
        leaf: [UInt8]? = nil,
        chain: UnsafeRawBufferPointer,
        acceptance: String? = nil
    ) -> RowHints {
        let own = hasher.leaf(payload)
        let stored: Digest? = if let leaf { Digest(leaf) } else { own }
        let row = ChainRow(sequence, payload: payload, payloadLeaf: own, leaf: stored, chain: Digest(chain))
        let known = walk.report.findings.count
        walk.visit(row)
        if sequence == cursor?.sequence { rowAtCursor = walk.position }
        if let acceptance {
            walk.accept(from: known, acceptance)
            // Nothing can follow from a hash that is none.
            if row.chain == Digest() { walk.jump(to: walk.position, isKnown: false) }
        }
        return RowHints(row.fields)
    }

    /// Goes on after rows that were taken out on purpose, of which the last hash is known.
    package mutating func skip(to head: AuditHead) {
        guard head.sequence > position else { return }
        skipped.append((position &+ 1, head))
        walk.jump(to: head)
    }

    /// Goes on after rows that have never come, as was accepted: the next row need not follow.
    ///
    /// - Parameters:
    ///   - last: The last of these rows.
    ///   - acceptance: Who has accepted it, in words.
    package mutating func skipGap(through last: Int64, acceptance: String) {
        guard last > position else { return }
        walk.accept(gapThrough: last, acceptance)
    }

    /// What was found.
    package func report() -> AuditVerification {
        var report = walk.report
        if walk.isPositionKnown { report.head = walk.position }
        let beginning = AuditHead(logID: origin.logID, sequence: 0, digest: hasher.genesis(of: origin.logID))
        if origin.sequence > 0, !walk.statements.contains(where: { $0.activity == .prune && $0.states(origin) }) {
            let message = "Rows up to \(origin.sequence) were pruned before they were copied, and no event says so."
            let evidence = hasher.evidence(of: origin.sequence, origin.digest)
            report.add(AuditFinding(.pruneUnrecorded, at: origin.sequence, message, evidence: evidence))
        }
        for head in heads where head != beginning && !walk.refuted.contains(head) && !walk.met.contains(head) {
            addFinding(about: head, &report)
        }
        compareCursor(&report)
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
            return report.add(AuditFinding(.truncated, at: walk.position.sequence &+ 1, message))
        }
        if head.sequence <= origin.sequence {
            guard head.sequence == origin.sequence else {
                let message = "The row of a head kept elsewhere was pruned before it was copied."
                return report.add(AuditFinding(.headPruned, at: head.sequence, message))
            }
            if head == origin { return }
        }
        if let skip = skipped.first(where: { $0.first <= head.sequence && head.sequence <= $0.last.sequence }) {
            if head == skip.last { return }
            guard head.sequence == skip.last.sequence else {
                let message = "The row of a head kept elsewhere was retired, and cannot be compared any more."
                return report.add(AuditRemark(.headRetired, at: head.sequence, message))
            }
        }
        report.add(.mismatch(of: head))
    }

    private func compareCursor(_ report: inout AuditVerification) {
        guard let cursor else { return }
        if cursor.sequence > position {
            let message = "The rows end at \(position); the fleet's own cursor says \(cursor.sequence)."
            return report.add(AuditFinding(.truncated, at: position &+ 1, message))
        }
        let anchors = [origin] + skipped.map(\.last)
        guard (rowAtCursor ?? anchors.last { $0.sequence == cursor.sequence }) != cursor else { return }
        let message = "The row is not the one that the fleet's own cursor names."
        report.add(AuditFinding(.headMismatch, at: cursor.sequence, message))
    }
}
