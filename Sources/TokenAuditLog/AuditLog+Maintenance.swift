public import RDSIAMSystem

extension AuditLog {
    /// Deletes the events of old times and keeps the chain of the others verifiable.
    ///
    /// The first events are deleted up to, and without, the first that is not old enough. What was deleted is itself an
    /// event. Events are recorded and other writers let in between; if it is interrupted, the next pruning finishes
    /// it. The file keeps its size: what is freed is filled again.
    ///
    /// - Parameter time: What happened before it is deleted. A date that is not a number is refused
    ///   (`invalidArgument`).
    /// - Returns: The last event deleted, and how many there were.
    /// - Throws: ``AuditLogError``; `busy` may be tried again. If the disk is full (`diskFull`), nothing was deleted,
    ///   unless it became full on the way.
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

    /// Acknowledges what a verification has found, so that it no longer counts, and lets the log go on.
    ///
    /// The event names each finding and what it was found by. The findings stay in every report, with the event that
    /// acknowledges them; whatever is changed later is a finding of its own. What contradicts a head or a key that was
    /// kept elsewhere is never acknowledged: keep a new head afterwards. The event also makes a log that was put back
    /// from a copy acceptable to this process.
    ///
    /// - Parameters:
    ///   - report: What was looked at and is accepted.
    ///   - reason: Who decided it and why. Not a secret.
    /// - Throws: ``AuditLogError``: `damaged` if more is wrong than the report names; `busy` may be tried again.
    package func reanchor(acknowledging report: AuditVerification, reason: String) throws {
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
}
