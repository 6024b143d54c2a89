#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a pruning has deleted.
public struct AuditPruning: Sendable, Hashable {
    /// How many events were deleted.
    public let rows: Int64
    /// The last event that is gone; 0 where none ever was.
    public let throughSequence: Int64
}

/// Deletes the beginning of the chain, a bounded number of rows in each transaction.
///
/// First comes one transaction with the anchor, from which the rest of the chain is verified, and the event that says
/// so. Only rows an anchor covers can be deleted.
struct Pruner {
    let committer: Committer
    var stride: Int64 = 5_000

    private var connection: Connection { committer.store.connection }

    @discardableResult
    func prune(before time: Date) throws -> AuditPruning {
        if let last = try lastRow(before: time.microseconds) { try permit(last, before: time) }
        let through = try connection.pruneAnchor(logID: committer.store.logID)?.sequence ?? 0
        return AuditPruning(rows: try deleteRows(through: through), throughSequence: through)
    }

    private var deadline: Int64 { Monotonic.now + committer.configuration.timeLimit.nanoseconds }

    /// The last row before the first that is not old enough.
    private func lastRow(before microseconds: Int64) throws -> AuditHead? {
        var last: AuditHead?
        while let next = try scan(after: last?.sequence ?? 0, before: microseconds) { last = next }
        return last
    }

    /// The last of the next rows that are all old enough; nil where the next is not.
    private func scan(after sequence: Int64, before microseconds: Int64) throws -> AuditHead? {
        connection.wait(until: deadline)
        let select = try connection.prepare(
            "SELECT seq, chain_hash, coalesce(time_us, 0) FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2"
        )
        try select.bind(sequence, at: 1)
        try select.bind(stride, at: 2)
        var last: AuditHead?
        while try select.step(), select.integer(2) < microseconds {
            last = AuditHead(logID: committer.store.logID, sequence: select.integer(0), digest: select.digest(1))
        }
        return last
    }

    private func permit(_ last: AuditHead, before time: Date) throws {
        let pruned = try connection.pruneAnchor(logID: committer.store.logID)?.sequence ?? 0
        guard last.sequence > pruned else { return }
        try committer.transaction(until: deadline) {
            try committer.store.insertAnchor("prune", last, at: committer.configuration.now())
            try committer.append(
                .prune,
                [
                    "seq": String(last.sequence), "chain": Hexadecimal.encode(last.chainHash),
                    "before_us": String(time.microseconds),
                ]
            )
        }
    }

    private func deleteRows(through sequence: Int64) throws -> Int64 {
        var total: Int64 = 0
        while case let count = try deleteSomeRows(through: sequence), count > 0 { total += count }
        return total
    }

    private func deleteSomeRows(through sequence: Int64) throws -> Int64 {
        connection.wait(until: deadline)
        return try connection.writing {
            let delete = try connection.prepare(
                "DELETE FROM event WHERE seq <= min(?1, (SELECT min(seq) FROM event) + ?2 - 1)"
            )
            try delete.bind(sequence, at: 1)
            try delete.bind(stride, at: 2)
            try delete.run()
            let count = connection.changes
            try connection.delete(from: Segment(number: 0), through: Segment(number: firstSegment(after: sequence) - 1))
            return count
        }
    }

    /// The first segment of which something is left.
    private func firstSegment(after sequence: Int64) throws -> Int64 {
        Segment(of: try connection.integer("SELECT min(seq) FROM event") ?? max(sequence, sequence &+ 1)).number
    }
}
