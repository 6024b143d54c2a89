#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Counts events, a bounded number of rows in each read transaction.
struct StatisticsQuery {
    var since: Date?
    var until: Date?
    var stride: Int64 = 20_000

    func run(on connection: Connection) throws -> AuditStatistics {
        var statistics = AuditStatistics()
        var (position, last) = try connection.reading {
            (try connection.prunedThrough(), try connection.head().sequence)
        }
        while position < last, let first = try connection.row(from: position + 1), first <= last {
            position = last - first < stride ? last : first + stride - 1
            try connection.reading {
                try count(first...position, on: connection, into: &statistics)
            }
        }
        return statistics
    }

    private func count(
        _ rows: ClosedRange<Int64>,
        on connection: Connection,
        into statistics: inout AuditStatistics
    ) throws {
        let select = try connection.prepare(
            """
            SELECT date(time_us / 1000000, 'unixepoch'), db_user, host, activity, count(*) FROM event
            WHERE seq >= ?1 AND seq <= ?2 AND db_user IS NOT NULL
            AND (?3 IS NULL OR time_us >= ?3) AND (?4 IS NULL OR time_us < ?4) GROUP BY 1, 2, 3, 4
            """
        )
        try select.bind(rows.lowerBound, at: 1)
        try select.bind(rows.upperBound, at: 2)
        try select.bind(since?.microseconds, at: 3)
        try select.bind(until?.microseconds, at: 4)
        while try select.step() {
            let (activity, count) = (select.text(3), Int(select.integer(4)))
            statistics.perDay[select.text(0), default: .init()].add(count, of: activity)
            statistics.perUser[select.text(1), default: .init()].add(count, of: activity)
            statistics.perHost[select.text(2), default: .init()].add(count, of: activity)
            statistics.total.add(count, of: activity)
        }
    }
}
