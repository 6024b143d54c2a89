/// Compares what searches use with the rows themselves, a segment in each read transaction.
///
/// Rows that are not indexed yet are no finding, nor is what is left of pruned ones.
struct IndexChecker {
    let connection: Connection

    /// Adds what a search would miss, or be misled by.
    func check(_ report: inout AuditVerification) throws {
        do {
            let hasher = try ChainHasher()
            var numbers = try numbers(&report)
            while let segment = try connection.firstSegment(of: numbers) {
                try connection.reading { try check(segment, hasher, &report) }
                numbers = segment.number + 1..<numbers.upperBound
            }
        } catch let error as AuditLogError where [.damaged, .sqlite].contains(error.code) {
            report.add(AuditFinding(.indexAltered, at: 0, "The tables that searches use cannot be read."))
        }
    }

    /// The segments to check, after those that should not be there were reported.
    private func numbers(_ report: inout AuditVerification) throws -> Range<Int64> {
        try connection.reading {
            let last = try connection.lastIndexed()
            let surplus = try connection.prepare("SELECT min(segment) FROM lookup WHERE segment > ?1")
            try surplus.bind(last?.segment.number ?? .min, at: 1)
            if try surplus.step(), !surplus.isNull(0) {
                report.add(finding(Segment(number: surplus.integer(0)).rows.lowerBound, "The index has rows to come."))
            }
            guard let last, let first = try connection.integer("SELECT min(seq) FROM event") else { return 0..<0 }
            try checkEnd(last.through, last.segment, &report)
            let end = min(last.segment, Segment(of: try connection.head().sequence)).number + 1
            return Segment(of: first).number..<max(Segment(of: first).number, end)
        }
    }

    /// Rows still to come would be taken for indexed ones.
    private func checkEnd(_ through: Int64, _ segment: Segment, _ report: inout AuditVerification) throws {
        let head = try connection.head().sequence
        guard through > head || !segment.rows.contains(through) else { return }
        report.add(finding(min(head, through), "The index claims rows up to \(through); the log ends at \(head)."))
    }

    private func check(_ segment: Segment, _ hasher: ChainHasher, _ report: inout AuditVerification) throws {
        let pruned = try connection.pruneAnchor(logID: connection.logID())?.sequence ?? 0
        guard let rows = try indexedRows(of: segment, after: pruned) else { return }
        let draft = try SegmentDraft(of: rows, on: connection, hasher)
        guard let through = draft.through else { return }
        guard let stored = try connection.segmentRow(segment) else {
            return report.add(finding(rows.lowerBound, "Searches skip the rows \(rows.lowerBound) to \(through)."))
        }
        if stored.through < through {
            report.add(finding(stored.through + 1, "Searches skip the rows \(stored.through + 1) to \(through)."))
        }
        if !stored.agrees(with: draft, isPartial: pruned >= segment.rows.lowerBound) {
            report.add(finding(rows.lowerBound, "The index gives these rows other times than they have."))
        }
        try compare(draft.entries, with: connection.lookupEntries(of: segment, after: pruned), &report)
    }

    /// The rows of a segment that must be found by index.
    private func indexedRows(of segment: Segment, after pruned: Int64) throws -> ClosedRange<Int64>? {
        guard pruned < .max, let last = try connection.lastIndexed(), segment <= last.segment else { return nil }
        let first = max(segment.rows.lowerBound, pruned + 1)
        let end = segment < last.segment ? segment.rows.upperBound : min(segment.rows.upperBound, last.through)
        return first <= end ? first...end : nil
    }

    private func compare(
        _ expected: [LookupEntry],
        with stored: [LookupEntry],
        _ report: inout AuditVerification
    ) throws {
        guard expected != stored else { return }
        for row in Set(expected).subtracting(stored).map(\.sequence).distinct {
            report.add(finding(row, "A search does not find the row by all that is in it."))
        }
        for row in Set(stored).subtracting(expected).map(\.sequence).distinct {
            report.add(finding(row, "The index files the row under what is not in it."))
        }
    }

    private func finding(_ sequence: Int64, _ message: String) -> AuditFinding {
        AuditFinding(.indexAltered, at: max(0, sequence), message)
    }
}

extension [Int64] {
    fileprivate var distinct: [Int64] { Set(self).sorted() }
}

/// What the file says of a segment.
private struct SegmentRow {
    let through: Int64
    let first: Int64?
    let last: Int64?

    /// Whether it gives the times that the rows have; of pruned rows they may be left in.
    func agrees(with draft: SegmentDraft, isPartial: Bool) -> Bool {
        guard isPartial else { return first == draft.first && last == draft.last }
        guard let earliest = draft.first, let latest = draft.last else { return true }
        guard let first, let last else { return false }
        return first <= earliest && latest <= last
    }
}

extension Connection {
    fileprivate func segmentRow(_ segment: Segment) throws -> SegmentRow? {
        let select = try prepare("SELECT through_seq, first_us, last_us FROM segment WHERE number = ?1")
        try select.bind(segment.number, at: 1)
        guard try select.step() else { return nil }
        return SegmentRow(
            through: select.integer(0),
            first: select.optionalInteger(1),
            last: select.optionalInteger(2)
        )
    }

    fileprivate func lookupEntries(of segment: Segment, after pruned: Int64) throws -> [LookupEntry] {
        let select = try prepare("SELECT key, seq FROM lookup WHERE segment = ?1 AND seq > ?2 ORDER BY key, seq")
        try select.bind(segment.number, at: 1)
        try select.bind(pruned, at: 2)
        var entries: [LookupEntry] = []
        while try select.step() { entries.append(LookupEntry(key: select.integer(0), sequence: select.integer(1))) }
        return entries
    }
}
