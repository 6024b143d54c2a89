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
        if json { return print(try Self.json(statistics)) }
        print(["", "", "issued", "reused", "refused", "accepted", "rejected"].joined(separator: "\t"))
        Self.printCounts("day", statistics.perDay)
        Self.printCounts("user", statistics.perUser)
        Self.printCounts("host", statistics.perHost)
        Self.printCounts("total", "", statistics.total)
    }

    private static func printCounts(_ kind: String, _ groups: [AuditStatistics.Group]) {
        for group in groups { printCounts(kind, group.name, group.counts) }
    }

    private static func printCounts(_ kind: String, _ name: String, _ counts: AuditStatistics.Counts) {
        let numbers = [counts.issued, counts.reused, counts.refused, counts.accepted, counts.rejected]
        print(([kind, AuditLine.cell(name)] + numbers.map(String.init)).joined(separator: "\t"))
    }

    /// Foundation's encoder would take names that only look alike for one key.
    private static func json(_ statistics: AuditStatistics) throws -> String {
        let (days, users, hosts) = (statistics.perDay, statistics.perUser, statistics.perHost)
        return try """
        {"per_day":\(json(days)),"per_host":\(json(hosts)),"per_user":\(json(users)),\
        "total":\(jsonText(CountsJSON(statistics.total)))}
        """
    }

    private static func json(_ groups: [AuditStatistics.Group]) throws -> String {
        let members = try groups.map { "\(try jsonText($0.name)):\(try jsonText(CountsJSON($0.counts)))" }
        return "{" + members.joined(separator: ",") + "}"
    }
}

private struct CountsJSON: Encodable {
    let issued, reused, refused, accepted, rejected: Int

    init(_ counts: AuditStatistics.Counts) {
        issued = counts.issued
        reused = counts.reused
        refused = counts.refused
        accepted = counts.accepted
        rejected = counts.rejected
    }
}
