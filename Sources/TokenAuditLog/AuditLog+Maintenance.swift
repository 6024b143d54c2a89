public import RDSIAMSystem

extension AuditLog {
    /// Deletes the events of old times and keeps the chain of the others verifiable.
    ///
    /// The first events are deleted up to, and without, the first that is not old enough. What was deleted is itself an
    /// event. Events are recorded and other writers let in between; where it is interrupted, the next pruning finishes
    /// it. The file keeps its size: what is freed is filled again.
    ///
    /// - Parameter time: What happened before it is deleted. A date that is not a number is refused (`invalidArgument`).
    /// - Returns: The last event deleted, and how many there were.
    /// - Throws: ``AuditLogError``; `busy` may be tried again. A full disk (`diskFull`) has no room to begin, and nothing
    ///   was deleted, unless it became full on the way.
    @discardableResult
    public func prune(before time: Date) async throws -> AuditPruning {
        try time.checkIsNumber(path: path)
        return try await prune(Pruner(before: time))
    }

    func prune(_ pruner: Pruner) async throws -> AuditPruning {
        var pruner = pruner
        while try maintaining({ try pruner.step($0, until: $1) }) {
            // Events that wait come first.
            await Task.yield()
        }
        return pruner.result
    }

    /// Takes note of what a verification has found, so that it no longer counts, and lets the log go on.
    ///
    /// The event names each finding and what it was found by. The findings stay in every report, with the event that
    /// acknowledges them; whatever is changed later is a finding of its own. What contradicts a head or a key that was
    /// kept elsewhere is never acknowledged: keep a new head afterwards. The event also makes a log that was put back
    /// from a copy acceptable to this process.
    ///
    /// - Parameters:
    ///   - report: What somebody has looked at and accepts.
    ///   - reason: Who decided it and why. Not a secret.
    /// - Throws: ``AuditLogError``: `damaged` where more is wrong than the report names; `busy` may be tried again.
    public func reanchor(acknowledging report: AuditVerification, reason: String) throws {
        guard report.findings.count == report.findingCount else {
            let message = "More is wrong than can be acknowledged (findings: \(report.findingCount))."
            throw AuditLogError(.damaged, message + " Keep the file and begin a new log.", path: path)
        }
        let names = report.findings.filter { $0.acknowledgedBy == nil }.compactMap(\.name)
        try maintaining { committer, deadline in
            committer.store.forgetHead()
            try committer.commit(.reanchor, until: deadline) {
                let head = committer.store.next
                return [
                    "seq": String(head.sequence), "chain": Hexadecimal.encode(head.chainHash), "reason": reason,
                    Acknowledgements.key: names.joined(separator: ","),
                ]
            }
        }
    }

    /// Builds anew what searches use, from the events themselves.
    ///
    /// The log does so by itself, some events at a time, soon after they are recorded. This is for a log whose index
    /// differs from its events (``AuditFinding/Kind/indexAltered``), or that was filled by other means. Searches find
    /// all events meanwhile, and other writers are let in between. Where the file's pages are damaged, take a backup
    /// instead (``AuditLogReader/backUp(to:)``): a copy is indexed anew.
    ///
    /// - Throws: ``AuditLogError``; `busy` may be tried again, and begins at the first event again.
    public func reindex() async throws {
        var numbers = try indexing { try $0.segments() }
        while let done = try indexing({ [numbers] in try $0.rebuildFirst(of: numbers) }) {
            numbers = done.number + 1..<numbers.upperBound
            // Events that wait come first.
            await Task.yield()
        }
    }

    private func indexing<Value>(_ body: (Indexer) throws -> Value) throws -> Value {
        try maintaining { committer, deadline in
            committer.store.connection.wait(until: deadline)
            return try body(committer.index.indexer)
        }
    }

    /// Remembers in the log how far it has been verified, for a later verification to begin there.
    ///
    /// This saves time and proves nothing: verify from the beginning now and then. A head that is marked already stays
    /// so.
    ///
    /// - Parameter head: The head of a verification that found nothing wrong.
    /// - Throws: ``AuditLogError``: `rewound` where the log does not hold that row, or no longer; `busy`, which may be
    ///   tried again; `diskFull`, `inputOutput`, `moved` and `closed`, as for any event.
    public func markVerified(_ head: AuditHead) throws {
        try maintaining { committer, deadline in
            let connection = committer.store.connection
            connection.wait(until: deadline)
            guard try connection.holds(head) else {
                let message = "The log does not hold row \(head.sequence) as it was verified. Verify it anew."
                throw AuditLogError(.rewound, message, path: path)
            }
            if try connection.isVerified(head) { return }
            try committer.transaction(until: deadline) {
                try committer.store.insertAnchor("verified", head, at: configuration.now())
            }
        }
    }
}

extension Connection {
    /// Whether the log says that it has been verified up to this row.
    fileprivate func isVerified(_ head: AuditHead) throws -> Bool {
        try isThere(head, "SELECT 1 FROM anchor WHERE kind = 'verified' AND through_seq = ?1 AND chain_hash = ?2")
    }

    /// Whether the row is in the log.
    fileprivate func holds(_ head: AuditHead) throws -> Bool {
        guard try head.logID.isBytewiseEqual(to: logID()) else { return false }
        return try isThere(head, "SELECT 1 FROM event WHERE seq = ?1 AND chain_hash = ?2")
    }

    private func isThere(_ head: AuditHead, _ query: String) throws -> Bool {
        let select = try prepare(query)
        try select.bind(head.sequence, at: 1)
        try select.bind(head.chainHash, at: 2)
        return try select.step()
    }
}
