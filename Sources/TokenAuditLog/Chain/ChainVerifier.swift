import Dispatch
import Synchronization

/// Verifies a log: its chain in segments, several at a time, and all around it.
///
/// Each row follows from the stored hash of the one before, so that segments can be checked in any order. A segment is
/// one read transaction, short enough not to keep writers waiting.
struct ChainVerifier: Sendable {
    let file: ReadOnlyFile
    let timeLimit: Duration
    var start: AuditHead?
    var anchors: [AuditHead] = []
    var keys: [AuditVerificationKey] = []
    var checksIndexes = false
    var stride: Int64 = 10_000
    var workers = 4

    func verify() throws -> AuditVerification {
        let connection = try file.open(limit: timeLimit)
        let (origin, last) = try connection.reading {
            (try self.origin(connection), try connection.head())
        }
        var result = try walk(from: origin, to: last)
        try checkSurroundings(connection, &result.report, result.statements, origin: origin)
        judge(&result.report, origin: origin, statements: result.statements)
        return result.report
    }

    /// All heads kept elsewhere.
    private var marks: [AuditHead] { anchors + (start.map { [$0] } ?? []) }

    /// Where the walk begins: at the row verified before, at the last pruned row, or at the beginning.
    private func origin(_ connection: Connection) throws -> AuditHead {
        let logID = try connection.logID()
        let hasher = try ChainHasher()
        let first = start.map { $0.logID == logID ? $0.sequence : 0 } ?? 0
        return try connection.row(before: first == .max ? first : first + 1, logID: logID, hasher: hasher)
    }

    private typealias Result = (report: AuditVerification, statements: [LogStatement])

    private func walk(from origin: AuditHead, to last: AuditHead) throws -> Result {
        let board = SegmentBoard(after: origin.sequence, through: last.sequence, stride: stride)
        let ownMarks = marks.filter { $0.logID == origin.logID }
        let count = max(0, last.sequence - origin.sequence) / stride
        DispatchQueue.concurrentPerform(iterations: Int(min(Int64(workers), count + 1))) { _ in
            do {
                let connection = try openForWalk()
                let hasher = try ChainHasher()
                while let (rows, index) = try board.next(connection.row(from:)) {
                    let segment = ChainSegment(logID: origin.logID, rows: rows, anchors: ownMarks, keys: keys)
                    let walk = try segment.walk(on: connection, hasher: hasher)
                    board.put(walk.finished(), walk.statements, at: index)
                }
            } catch {
                board.fail(error)
            }
        }
        return try board.result(startingAt: origin)
    }

    /// Each page is read once, so a cache only has to be small enough to stay within the processor's.
    private func openForWalk() throws -> Connection {
        let connection = try file.open(limit: timeLimit)
        try connection.execute("PRAGMA cache_size = 64")
        return connection
    }

    private func checkSurroundings(
        _ connection: Connection,
        _ report: inout AuditVerification,
        _ statements: [LogStatement],
        origin: AuditHead
    ) throws {
        for name in try Schema.differences(in: connection) {
            report.add(AuditFinding(.schemaAltered, at: 0, "\(name) is not as this version makes it."))
        }
        if let pruned = try connection.pruneAnchor(logID: origin.logID),
            origin.sequence <= pruned.sequence,
            !statements.contains(where: { $0.activity == .prune && $0.head == pruned.mark })
        {
            let message = "Rows up to \(pruned.sequence) are deleted, or excepted, and no event says so."
            report.add(AuditFinding(.pruneUnrecorded, at: pruned.sequence, message))
        }
        guard checksIndexes else { return }
        for problem in try connection.integrityProblems() {
            report.add(AuditFinding(.indexAltered, at: 0, problem))
        }
        try IndexChecker(connection: connection).check(&report)
    }

    private func judge(_ report: inout AuditVerification, origin: AuditHead, statements: [LogStatement]) {
        for anchor in marks {
            if let finding = finding(about: anchor, origin: origin, end: report.head) {
                report.add(finding)
            }
        }
        for index in report.findings.indices {
            let sequence = report.findings[index].sequence
            guard sequence > 0 else { continue }
            report.findings[index].acknowledgedBy =
                statements.first {
                    $0.activity == .reanchor && sequence <= ($0.head?.sequence ?? 0)
                }?.sequence
        }
    }

    /// What the walk cannot see: heads of other logs, before its first row and after its last.
    private func finding(about anchor: AuditHead, origin: AuditHead, end: AuditHead) -> AuditFinding? {
        if anchor.logID != origin.logID {
            return AuditFinding(.foreignAnchor, at: 0, "A head kept elsewhere is of log \(anchor.logID).")
        }
        if anchor.sequence > end.sequence {
            let message = "The log ends at \(end.sequence); a head kept elsewhere says \(anchor.sequence)."
            return AuditFinding(.truncated, at: end.sequence + 1, message)
        }
        guard anchor.sequence == origin.sequence, anchor != origin else { return nil }
        return AuditFinding(
            .anchorMismatch,
            at: anchor.sequence,
            "The row is not the one whose hash was kept elsewhere."
        )
    }
}
