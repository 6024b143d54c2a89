/// What follows from a walk along the chain and from what is known besides.
struct ChainJudge {
    let extent: LogExtent
    /// The row before the first of the walk.
    let origin: AuditHead
    let walked: WalkReport
    /// All heads kept elsewhere.
    let heads: [AuditHead]
    let hasher: ChainHasher

    /// - Parameter others: Adds what is found elsewhere than in the chain.
    func judge(_ others: (inout AuditVerification) throws -> Void) throws -> AuditVerification {
        var report = walked.report
        let isWhole = origin.sequence <= extent.beginning.sequence
        for finding in isWhole ? extent.findings(hasher) : [] { report.add(finding) }
        if isWhole, let finding = unrecordedPruning { report.add(finding) }
        for head in heads { if let finding = finding(about: head) { report.add(finding) } }
        try others(&report)
        acknowledge(&report)
        return report
    }

    private var unrecordedPruning: AuditFinding? {
        let end = extent.beginning
        let isRecorded = walked.statements.contains { $0.activity == .prune && $0.head == end.mark }
        guard extent.isPruned, !isRecorded else { return nil }
        return AuditFinding(
            .pruneUnrecorded,
            at: end.sequence,
            "Rows up to \(end.sequence) are deleted, or excepted, and no event says so.",
            evidence: hasher.evidence(of: end.sequence, end.digest)
        )
    }

    /// What the walk has not seen: heads of other logs, and of rows that are not there.
    private func finding(about head: AuditHead) -> AuditFinding? {
        if !head.isOfSameLog(as: extent.beginning) {
            return AuditFinding(.foreignAnchor, at: 0, "A head kept elsewhere is of log \(head.logID).")
        }
        if walked.met.contains(head) || head == origin || head == extent.beginning { return nil }
        let end = walked.report.head.sequence
        if head.sequence > end {
            let message = "The log ends at \(end); a head kept elsewhere says \(head.sequence)."
            return AuditFinding(.truncated, at: end + 1, message)
        }
        guard head.sequence < extent.beginning.sequence else { return .mismatch(of: head) }
        let message = "The row of a head kept elsewhere is pruned. Keep a new head after each pruning."
        return AuditFinding(.headPruned, at: head.sequence, message)
    }

    private func acknowledge(_ report: inout AuditVerification) {
        let acknowledgements = Acknowledgements(walked.statements)
        let own = heads.filter { $0.isOfSameLog(as: extent.beginning) }
        for index in report.findings.indices {
            report.findings[index].acknowledgedBy = acknowledgements.row(for: report.findings[index], heads: own)
        }
    }
}
