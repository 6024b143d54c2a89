import AuthTokens
import RDSIAMSystem

/// Counts events, a bounded number of rows in each read transaction.
struct StatisticsQuery {
    var since: Date?
    var until: Date?
    var stride: Int64 = 20_000
    var progress: @Sendable (Int64) -> Void = { _ in }

    func run(on connection: Connection) throws -> AuditStatistics {
        var tally = StatisticsTally(since: since?.microseconds, until: until?.microseconds)
        var (position, last) = try connection.reading {
            (try connection.prunedThrough(), try connection.head().sequence)
        }
        if position < last {
            let period = PeriodRows(since: since?.microseconds, until: until?.microseconds)
            guard let rows = try period.rows(among: position + 1...last, on: connection) else { return tally.finished }
            (position, last) = (rows.lowerBound - 1, rows.upperBound)
        }
        while position < last, let first = try connection.row(from: position + 1), first <= last {
            position = last &- first < stride ? last : first + stride - 1
            try connection.reading { try count(first...position, on: connection, into: &tally) }
            progress(tally.statistics.rows)
        }
        return tally.finished
    }

    private func count(
        _ rows: ClosedRange<Int64>,
        on connection: Connection,
        into tally: inout StatisticsTally
    ) throws {
        let select = try connection.prepare(Queries.rowsToRead)
        try select.bind(rows.lowerBound, at: 1)
        try select.bind(rows.upperBound, at: 2)
        while try select.step() { tally.count(AuditEntry(select)) }
    }
}

/// The counts so far.
package struct StatisticsTally {
    private typealias Table = [ByteText: AuditStatistics.Counts]

    private struct Login: Hashable {
        let user: ByteText
        let host: ByteText
    }

    let since: Int64?
    let until: Int64?
    private(set) var statistics = AuditStatistics()
    private var days: [Int64: AuditStatistics.Counts] = [:]
    private var users = Table()
    private var hosts = Table()
    private var dialedHosts = Table()
    private var roles = Table()
    private var codes = Table()
    private var logins: [Login: AuditStatistics.Counts] = [:]

    /// Counts events from a time on and before another, both in microseconds.
    package init(since: Int64?, until: Int64?) { (self.since, self.until) = (since, until) }

    /// Counts one more event.
    package mutating func count(_ entry: AuditEntry) {
        statistics.rows += 1
        guard let record = entry.record else {
            statistics.unreadableRows += 1
            return
        }
        let time = record.time.microseconds
        guard time >= since ?? .min, time < until ?? .max else { return }
        guard let target = record.target else { return note(entry, record.activity) }
        let activity = record.activity.rawValue
        // Failures of a minute share a row. A forged number must not overflow the sum.
        let count = min(max(record.detail["count"].flatMap { Int($0) } ?? 1, 1), 1_000_000)
        let (user, host) = (ByteText(target.user), ByteText(target.server))
        days[record.time.wholeUnixSeconds.floorDivided(by: 86_400), default: .init()].add(count, of: activity)
        users[user, default: .init()].add(count, of: activity)
        hosts[host, default: .init()].add(count, of: activity)
        dialedHosts[ByteText(ServerName.comparable(target.host)), default: .init()].add(count, of: activity)
        logins[Login(user: user, host: host), default: .init()].add(count, of: activity)
        roles[ByteText(record.credential?.principal ?? "-"), default: .init()].add(count, of: activity)
        if let code = record.errorCode { codes[ByteText(code), default: .init()].add(count, of: activity) }
        statistics.total.add(count, of: activity)
    }

    private mutating func note(_ entry: AuditEntry, _ activity: TokenEvent.Activity) {
        guard [.gap, .reserveSpent, .prune, .reanchor].contains(activity),
            statistics.incidents.count < AuditStatistics.mostIncidents
        else { return }
        statistics.incidents.append(entry)
    }

    /// The counts, in their order.
    package var finished: AuditStatistics {
        var statistics = statistics
        statistics.perDay = days.sorted { $0.key < $1.key }.map { day, counts in
            AuditStatistics.Group(String(CivilTime(unixSeconds: day * 86_400).rfc3339.prefix(10)), counts)
        }
        statistics.perUser = Self.groups(users)
        statistics.perHost = Self.groups(hosts)
        statistics.perDialedHost = Self.groups(dialedHosts)
        statistics.perRole = Self.groups(roles)
        statistics.perErrorCode = Self.groups(codes)
        statistics.perLogin = logins.map { login, counts in
            AuditStatistics.Login(user: login.user.string, host: login.host.string, counts: counts)
        }
        .sorted { left, right in
            left.user.isBytewiseEqual(to: right.user)
                ? ByteText(left.host) < ByteText(right.host) : ByteText(left.user) < ByteText(right.user)
        }
        return statistics
    }

    private static func groups(_ table: Table) -> [AuditStatistics.Group] {
        table.sorted { $0.key < $1.key }.map { AuditStatistics.Group($0.key.string, $0.value) }
    }
}

extension AuditRecord.Target {
    /// The server that the token is good for, if that is known, else the one that was dialed: in lowercase and without
    /// dots at the end, as names are compared.
    package var server: String { ServerName.comparable(signingHost ?? host) }

    /// Whether the endpoint that was dialed is another than the one that the token is good for.
    package var isDialedElsewhere: Bool {
        (signingPort ?? port) != port || !server.isBytewiseEqual(to: ServerName.comparable(host))
    }
}

extension CredentialIdentity {
    /// The role; the account if there is none, else the access key.
    package var principal: String? { roleARN ?? accountID ?? accessKeyID }
}

extension Int64 {
    /// The quotient rounded down: a day before 1970 is whole too.
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : (self - divisor + 1) / divisor
    }
}
