#if Command
import ArgumentParser
import AuditFleet
import RDSIAMSystem
import Synchronization
import TokenAuditLog

/// `rds-iam audit fleet stats`.
struct FleetStatsCommand: FleetSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count the events of all hosts per day (UTC), user, server, role and error.",
        discussion: """
            As `rds-iam audit stats`. \(PeriodOptions.help) For example:

              rds-iam audit fleet stats CONNINFO --since 2026-11-01

            Exit status: 0 done, 2 wrong usage, 4 the database could not be reached and may be later, 1 anything else.
            """
    )

    @OptionGroup var fleet: FleetOptions

    @OptionGroup var period: PeriodOptions

    @Option(name: .customLong("from-host"), help: "Events that this host has recorded.")
    var host: String?

    @Flag(help: "One JSON object.")
    var json = false

    func perform() async throws {
        let statistics = try await Self.count(fleet, period, host: host)
        if json { return try JSONOutput("fleet.stats", statistics.json).print() }
        statistics.printForReader()
    }

    static func count(_ fleet: FleetOptions, _ period: PeriodOptions, host: String?) async throws -> AuditStatistics {
        let (since, until) = (period.date(period.since), period.date(period.until))
        let counted = Mutex<Int64>(0)
        return try await Progress.during("counting", count: { "\(counted.withLock { $0 }) rows" }) {
            try await fleet.withFleet { fleet in
                try await fleet.statistics(since: since, until: until, host: host) { rows in
                    counted.withLock { $0 = rows }
                }
            }
        }
    }
}

/// `rds-iam audit fleet report`.
struct FleetReportCommand: FleetSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write a page about a period of all hosts, and the verification of all chains.",
        discussion: """
            As `rds-iam audit report`: one file of HTML that loads nothing else and names no secret. \(PeriodOptions.help) \
            For example:

              rds-iam audit fleet report CONNINFO november.html --since 2026-11-01

            Exit status: 0 done, 2 wrong usage, 3 done, and the verification has found something, 4 the database could not be \
            reached and may be later, 1 anything else.
            """
    )

    @OptionGroup var fleet: FleetOptions

    @Argument(help: "The page, a new file for its owner alone.")
    var file: String

    @OptionGroup var period: PeriodOptions

    @Option(help: ArgumentHelp("A file with heads that were stored elsewhere, one a line.", valueName: "FILE"))
    var heads: [String] = []

    func perform() async throws {
        let heads = try heads.flatMap(FleetVerifyCommand.heads(in:))
        let statistics = try await FleetStatsCommand.count(fleet, period, host: nil)
        let verification = try await FleetVerifyCommand.verify(fleet, heads: heads)
        let report = AuditReport(
            statistics,
            verification: verification,
            since: period.date(period.since),
            until: period.date(period.until),
            at: Date()
        )
        let output = try OutputFile(creating: file)
        try output.write(Array(report.html.utf8))
        try output.finish()
        let total = statistics.total
        let hosts = verification.chains.count
        print("\(file.displayed): \(hosts) logs, \(total.issued) tokens, \(total.refused) refusals")
        guard !verification.isIntact else { return }
        let verdict = FleetVerificationText(verification).verdict
        throw CommandFailure(status: 3, error: UnsoundFleet(description: verdict))
    }
}
#endif
