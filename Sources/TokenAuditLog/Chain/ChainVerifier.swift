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
    var stride: Int64 = 10_000
    var workers = 4

    func verify() throws -> AuditVerification {
        let connection = try file.open(limit: timeLimit)
        let hasher = try ChainHasher()
        var extent = try readExtent(hasher)
        let origin = try self.origin(extent, connection, hasher)
        var walked = try walkLeftovers(extent, origin: origin)
        try walk(from: origin, to: extent.last, &walked)
        // Where others have pruned meanwhile, the event that says so is one of the rows that have come since.
        while case let now = try readExtent(hasher), now.beginning != extent.beginning {
            extent = now
            try walk(from: walked.report.head, to: extent.last, &walked)
        }
        let judge = ChainJudge(extent: extent, origin: origin, walked: walked, heads: heads, hasher: hasher)
        return try judge.judge { report in
            for finding in try Schema.findings(in: connection, hasher) { report.add(finding) }
        }
    }

    /// All heads kept elsewhere.
    private var heads: [AuditHead] { anchors + (start.map { [$0] } ?? []) }

    /// A connection of its own: one that looks for no journal sees the file as it was when opened.
    private func readExtent(_ hasher: ChainHasher) throws -> LogExtent {
        let connection = try file.open(limit: timeLimit)
        return try connection.reading { try LogExtent(connection, hasher) }
    }

    /// Where the walk begins: at the first row kept elsewhere, if the log has been verified up to one; else at the last
    /// pruned row, or at the beginning.
    private func origin(_ extent: LogExtent, _ connection: Connection, _ hasher: ChainHasher) throws -> AuditHead {
        guard let start, start.isOfSameLog(as: extent.beginning),
            let first = heads.filter({ $0.isOfSameLog(as: extent.beginning) }).map(\.sequence).min(),
            first > extent.beginning.sequence
        else { return extent.beginning }
        let next = first == .max ? first : first + 1
        return try connection.reading { try connection.row(before: next, logID: extent.logID, hasher: hasher) }
    }

    /// Checks what an unfinished pruning has left, as far as it can be checked.
    private func walkLeftovers(_ extent: LogExtent, origin: AuditHead) throws -> WalkReport {
        var walked = WalkReport(from: origin)
        guard let leftovers = extent.leftovers, origin == extent.beginning else { return walked }
        let before = AuditHead(logID: extent.logID, sequence: leftovers.first - 1, digest: Digest())
        try walk(from: before, to: leftovers.last, &walked)
        // They are rows of the log no more.
        walked.report.head = origin
        walked.report.rows = 0
        return walked
    }

    private func walk(from origin: AuditHead, to last: AuditHead, _ walked: inout WalkReport) throws {
        let board = SegmentBoard(after: origin.sequence, through: last.sequence, stride: stride)
        let ownHeads = heads.filter { $0.isOfSameLog(as: origin) }
        let count = max(0, last.sequence - origin.sequence) / stride
        DispatchQueue.concurrentPerform(iterations: Int(min(Int64(workers), count + 1))) { _ in
            do {
                let connection = try openForWalk()
                let hasher = try ChainHasher()
                while let (rows, index) = try board.next(connection.row(from:)) {
                    let segment = ChainSegment(logID: origin.logID, rows: rows, anchors: ownHeads, keys: keys)
                    board.put(try segment.walk(on: connection, hasher: hasher).finished(), at: index)
                }
            } catch {
                board.fail(error)
            }
        }
        walked.append(try board.result(startingAt: origin))
    }

    /// Each page is read once, so a cache only has to be small enough to stay within the processor's.
    private func openForWalk() throws -> Connection {
        let connection = try file.open(limit: timeLimit)
        try connection.execute("PRAGMA cache_size = 64")
        return connection
    }
}
