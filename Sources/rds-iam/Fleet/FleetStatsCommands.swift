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
        let count = try await Self.count(fleet, period, host: host)
        if json {
            try JSONOutput("fleet.stats", count.statistics.json).print()
        } else {
            count.statistics.printForReader(
                unreadable: "rows are no events that this version knows: they are not counted, and may be of another "
                    + "period. A newer rds-iam may know them."
            )
        }
        count.retirements.printNotes()
    }

    /// What was counted, and what was retired and is not counted.
    struct Count: Sendable {
        let statistics: AuditStatistics
        let retirements: [FleetRetirement]
    }

    static func count(_ fleet: FleetOptions, _ period: PeriodOptions, host: String?) async throws -> Count {
        let (since, until) = (period.date(period.since), period.date(period.until))
        let counted = Mutex<Int64>(0)
        return try await Progress.during("counting", count: { "\(counted.withLock { $0 }) rows" }) {
            try await fleet.withFleet { fleet in
                let retirements = try await fleet.retirements(since: since, until: until, host: host)
                let statistics = try await fleet.statistics(since: since, until: until, host: host) { rows in
                    counted.withLock { $0 = rows }
                }
                return Count(statistics: statistics, retirements: retirements)
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

    @Argument(help: "The page, a new file for its owner alone.", completion: .file())
    var file: String

    @OptionGroup var period: PeriodOptions

    @Option(
        help: ArgumentHelp("A file with heads that were stored elsewhere, one a line.", valueName: "FILE"),
        completion: .file()
    )
    var heads: [String] = []

    func perform() async throws {
        let heads = try heads.flatMap(FleetVerifyCommand.heads(in:))
        let count = try await FleetStatsCommand.count(fleet, period, host: nil)
        let verification = try await FleetVerifyCommand.verify(fleet, heads: heads)
        let report = AuditReport(
            count.statistics,
            verification: verification,
            since: period.date(period.since),
            until: period.date(period.until),
            at: Date()
        )
        let output = try OutputFile(creating: file)
        try output.write(Array(report.html.utf8))
        try output.finish()
        let logs = verification.chains.count
        print("\(file.displayed): \(logs) \(logs == 1 ? "log" : "logs"); \(count.statistics.total.summary)")
        count.retirements.printNotes()
        guard !verification.isIntact else { return }
        let text = FleetVerificationText(verification)
        // A page has no place for what concerns no log if there is none.
        if verification.chains.isEmpty { text.lines.forEach { Main.printError($0) } }
        throw CommandFailure(status: 3, error: UnsoundFleet(description: text.verdict(seen: "see \(file.displayed)")))
    }
}
#endif
