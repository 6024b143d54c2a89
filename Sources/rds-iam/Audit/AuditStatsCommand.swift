import ArgumentParser
import TokenAuditLog

/// `rds-iam audit stats`.
struct AuditStatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count events per day (UTC), database user and server.",
        discussion: "A TIME is in UTC, such as 2026-11-22 or 2026-11-22T08:30:00Z."
    )

    @Option(help: ArgumentHelp("From this moment on.", valueName: "TIME"))
    var since: UTCTime?

    @Option(help: ArgumentHelp("Before this moment.", valueName: "TIME"))
    var until: UTCTime?

    @Flag(help: "One JSON object.")
    var json = false

    @OptionGroup var log: AuditLogOption

    func run() async throws {
        let statistics = try await log.reader().statistics(since: since?.date, until: until?.date)
        if json { return try printJSON(StatisticsJSON(statistics)) }
        print(["", "", "issued", "reused", "refused", "accepted", "rejected"].joined(separator: "\t"))
        Self.printCounts("day", statistics.perDay)
        Self.printCounts("user", statistics.perUser)
        Self.printCounts("host", statistics.perHost)
        Self.printCounts("total", ["": statistics.total])
    }

    private static func printCounts(_ kind: String, _ counts: [String: AuditStatistics.Counts]) {
        for (name, counts) in counts.sorted(by: { $0.key < $1.key }) {
            let numbers = [counts.issued, counts.reused, counts.refused, counts.accepted, counts.rejected]
            print(([kind, AuditLine.cell(name)] + numbers.map(String.init)).joined(separator: "\t"))
        }
    }
}

private struct StatisticsJSON: Encodable {
    struct Counts: Encodable {
        let issued, reused, refused, accepted, rejected: Int

        init(_ counts: AuditStatistics.Counts) {
            issued = counts.issued
            reused = counts.reused
            refused = counts.refused
            accepted = counts.accepted
            rejected = counts.rejected
        }
    }

    let per_day, per_user, per_host: [String: Counts]
    let total: Counts

    init(_ statistics: AuditStatistics) {
        per_day = statistics.perDay.mapValues(Counts.init)
        per_user = statistics.perUser.mapValues(Counts.init)
        per_host = statistics.perHost.mapValues(Counts.init)
        total = Counts(statistics.total)
    }
}
