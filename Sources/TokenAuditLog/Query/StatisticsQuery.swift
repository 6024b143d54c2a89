import RDSIAMSystem

/// Counts events, a bounded number of rows in each read transaction.
struct StatisticsQuery {
    var since: Date?
    var until: Date?
    var stride: Int64 = 20_000

    private typealias Tally = [ByteText: AuditStatistics.Counts]

    private struct Tallies {
        var days = Tally()
        var users = Tally()
        var hosts = Tally()
        var total = AuditStatistics.Counts()
    }

    func run(on connection: Connection) throws -> AuditStatistics {
        var tallies = Tallies()
        var (position, last) = try connection.reading {
            (try connection.prunedThrough(), try connection.head().sequence)
        }
        while position < last, let first = try connection.row(from: position + 1), first <= last {
            position = last - first < stride ? last : first + stride - 1
            try connection.reading { try count(first...position, on: connection, into: &tallies) }
        }
        var statistics = AuditStatistics()
        statistics.perDay = Self.groups(tallies.days)
        statistics.perUser = Self.groups(tallies.users)
        statistics.perHost = Self.groups(tallies.hosts)
        statistics.total = tallies.total
        return statistics
    }

    private static func groups(_ tally: Tally) -> [AuditStatistics.Group] {
        tally.sorted { $0.key < $1.key }.map { AuditStatistics.Group($0.key.string, $0.value) }
    }

    private func count(_ rows: ClosedRange<Int64>, on connection: Connection, into tallies: inout Tallies) throws {
        let (user, host) = (PayloadField.user.wholeText, PayloadField.host.wholeText)
        let select = try connection.prepare(
            """
            SELECT date(time_us / 1000000, 'unixepoch'), db_user, host, activity, \(user), \(host), count(*) FROM entry e
            WHERE seq >= ?1 AND seq <= ?2 AND db_user IS NOT NULL
            AND (?3 IS NULL OR time_us >= ?3) AND (?4 IS NULL OR time_us < ?4) GROUP BY 1, 2, 3, 4, 5, 6
            """
        )
        try select.bind(rows.lowerBound, at: 1)
        try select.bind(rows.upperBound, at: 2)
        try select.bind(since?.microseconds, at: 3)
        try select.bind(until?.microseconds, at: 4)
        while try select.step() {
            let (activity, count) = (select.text(3), Int(select.integer(6)))
            tallies.days[ByteText(select.text(0)), default: .init()].add(count, of: activity)
            tallies.users[ByteText(select.name(1, whole: 4)), default: .init()].add(count, of: activity)
            tallies.hosts[ByteText(select.name(2, whole: 5)), default: .init()].add(count, of: activity)
            tallies.total.add(count, of: activity)
        }
    }
}

extension Statement {
    /// A column as text, or what the JSON text in another column says, if there is any.
    fileprivate func name(_ column: Int32, whole json: Int32) -> String {
        guard !isNull(json), let whole = CanonicalJSONParser.parse(bytes(json))?.text else { return text(column) }
        return whole
    }
}
