import RDSIAMSystem

/// Verifies a log: one walk along its rows in their order, and what lies around them.
///
/// The walk is cut into read transactions so short that a writer that waits comes soon: in rollback-journal mode a
/// reader keeps writers waiting.
struct ChainVerifier: Sendable {
    let file: ReadOnlyFile
    let timeout: Duration
    var start: AuditHead?
    var heads: [AuditHead] = []
    var keys: [AuditVerificationKey] = []
    /// How long a read transaction lasts, about.
    var pace = Duration.milliseconds(20)
    var progress: @Sendable (Int64) -> Void = { _ in }

    func verify() throws -> AuditVerification {
        let hasher = try ChainHasher()
        var steps = try ChainSteps(file: file, timeout: timeout, pace: pace)
        let logID = try steps.connection.logID()
        let beginning = AuditHead(logID: logID, sequence: 0, digest: hasher.genesis(of: logID))
        let own = allHeads.filter { $0.isOfSameLog(as: beginning) }
        var walk = ChainWalk(from: beginning, heads: own, keys: keys, hasher: hasher, isIndexed: true)
        let start = try origin(own, steps.connection)
        if let start { walk.begin(at: start) } else { try steps.walkLeftovers(&walk, beginning) }
        while try steps.advance(&walk) { progress(walk.report.rows) }

        var report = walk.report
        report.pruning = pruning(steps.prunePoint, walk)
        if start == nil { addWholeFindings(&report, walk, steps, hasher) }
        for head in allHeads { addFinding(about: head, &report, walk, beginning, steps.prunePoint) }
        if !keys.isEmpty { addSignatures(&report, walk, isWhole: start == nil) }
        for finding in try Schema.findings(in: steps.connection, hasher) { report.add(finding) }
        try checkIndexes(&report, walk, steps)
        if steps.connection.isCopy {
            let message = "A writer has crashed. A private copy was repaired and read; the next writer repairs the log."
            report.add(AuditRemark(.recovered, at: 0, message))
        }
        acknowledge(&report, walk, own)
        return report
    }

    /// All heads kept elsewhere.
    private var allHeads: [AuditHead] { heads + (start.map { [$0] } ?? []) }

    /// Where the walk begins if the log has been verified up to a head: at the first row kept elsewhere.
    ///
    /// `nil` if it begins at the log's beginning.
    private func origin(_ own: [AuditHead], _ connection: Connection) throws -> AuditHead? {
        guard let start, let first = own.map(\.sequence).min(), own.contains(start) else { return nil }
        return try connection.reading {
            guard try first > connection.prunedThrough() else { return nil }
            return try connection.storedRow(before: first == .max ? first : first + 1, logID: start.logID)
        }
    }
}

// MARK: What the indexes hold

extension ChainVerifier {
    /// Adds where searches would not find what was walked; logs of version 1 have no indexes.
    private func checkIndexes(_ report: inout AuditVerification, _ walk: ChainWalk, _ steps: ChainSteps) throws {
        guard let indexed = walk.indexed, try steps.connection.integer(Queries.schemaVersion) ?? 0 >= 2 else { return }
        guard !report.findings.contains(where: { $0.kind == .unreadable }) else {
            let message = "The indexes were not compared with the rows, of which some cannot be read."
            return report.add(AuditRemark(.indexUnchecked, at: 0, message))
        }
        let rows = (after: report.origin.sequence, through: report.head.sequence)
        let connection = try file.open(limit: timeout)
        let names = try connection.indexNames()
        for (index, expected) in zip(EntryView.indexes, indexed.sums) where names.contains(index.name) {
            let check = IndexCheck(connection: connection, index: index, rows: rows, pace: pace)
            let finding = try check.finding(expected: expected)
            // Entries of pruned rows are gone.
            guard try connection.reading({ try connection.prunedThrough() }) <= rows.after, !connection.isOvertaken
            else {
                let message = "The indexes were not compared with the rows: the log has changed in the meantime."
                return report.add(AuditRemark(.indexUnchecked, at: 0, message))
            }
            if let finding { report.add(finding) }
        }
    }
}

// MARK: What follows from the walk

extension ChainVerifier {
    private func pruning(_ point: AuditHead?, _ walk: ChainWalk) -> AuditPruneRecord? {
        guard let point else { return nil }
        let event = walk.statements.last { $0.activity == .prune && $0.states(point) }
        return AuditPruneRecord(
            throughSequence: point.sequence,
            recordedIn: event?.sequence,
            time: event?.record.time,
            actor: event?.record.actor
        )
    }

    /// Adds what is found only if all rows are looked at, and what the rows themselves cannot show.
    private func addWholeFindings(
        _ report: inout AuditVerification,
        _ walk: ChainWalk,
        _ steps: ChainSteps,
        _ hasher: ChainHasher
    ) {
        if let row = steps.impossible.row {
            report.add(AuditFinding(.rowsSurplus, at: row, "No log has a row with a number below 1."))
        }
        if let row = steps.impossible.prunePoint {
            report.add(AuditFinding(.pruneUnrecorded, at: row, "No log is pruned below row 1."))
        }
        guard let point = steps.prunePoint else { return }
        let evidence = hasher.evidence(of: point.sequence, point.digest)
        if let end = steps.leftovers?.end, steps.leftovers?.prunePoint == point, end != point {
            let isShort = end.sequence < point.sequence
            let message = "The rows before the last pruned one do not lead to it."
            let row = isShort ? end.sequence &+ 1 : end.sequence
            report.add(AuditFinding(isShort ? .rowsMissing : .chainBroken, at: row, message, evidence: evidence))
        }
        guard report.pruning?.recordedIn == nil else { return }
        let message = "Rows up to \(point.sequence) are deleted, or excepted, and no event says so."
        report.add(AuditFinding(.pruneUnrecorded, at: point.sequence, message, evidence: evidence))
    }

    /// Adds what the walk has not seen: heads of other logs, and of rows that are not there.
    private func addFinding(
        about head: AuditHead,
        _ report: inout AuditVerification,
        _ walk: ChainWalk,
        _ beginning: AuditHead,
        _ prunePoint: AuditHead?
    ) {
        guard head.isOfSameLog(as: beginning) else {
            return report.add(AuditFinding(.foreignHead, at: 0, "A head kept elsewhere is of log \(head.logID)."))
        }
        if head == beginning || walk.refuted.contains(head) { return }
        if let prunePoint, head.sequence <= prunePoint.sequence {
            if head.sequence == prunePoint.sequence && head != prunePoint { return report.add(.mismatch(of: head)) }
            let message =
                "The row of a head kept elsewhere is pruned: the log begins after row \(prunePoint.sequence)."
                + " Keep a new head after each pruning that you know of."
            return report.add(AuditFinding(.headPruned, at: head.sequence, message))
        }
        if walk.met.contains(head) || head == report.origin { return }
        let end = report.head.sequence
        guard head.sequence > end else { return report.add(.mismatch(of: head)) }
        let message = "The log ends at \(end); a head kept elsewhere says \(head.sequence)."
        report.add(AuditFinding(.truncated, at: end + 1, message))
    }

    private func addSignatures(_ report: inout AuditVerification, _ walk: ChainWalk, isWhole: Bool) {
        report.rowsAfterSignature = report.head.sequence - (walk.lastSigned ?? report.origin.sequence)
        guard isWhole, walk.lastSigned == nil else { return }
        let message = "No checkpoint is signed by a given key. This may be another log, or one that was rewritten."
        report.add(AuditFinding(.notSigned, at: 0, message))
    }

    private func acknowledge(_ report: inout AuditVerification, _ walk: ChainWalk, _ own: [AuditHead]) {
        let acknowledgements = Acknowledgements(walk.statements)
        for index in report.findings.indices {
            report.findings[index].acknowledgedBy = acknowledgements.row(for: report.findings[index], heads: own)
        }
    }
}
