#if Command
import ArgumentParser
import RDSIAMSystem
import TokenAuditLog

/// `rds-iam audit report`.
struct AuditReportCommand: AuditSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract:
            "Write a page about a period: tokens per day, user, server and role, refusals, gaps, and the verification.",
        discussion: """
            The page is one file of HTML that loads nothing else. It names users, servers and roles, and no secret. The \
            whole log is verified for it. \(PeriodOptions.help) For example, for the auditors at the end of a month:

              rds-iam audit report november.html --since 2026-11-01 --until 2026-12-01

            Exit status: 0 done, 2 wrong usage, 3 done, and the verification has found something, 4 another process held the \
            log for too long, 1 anything else.
            """
    )

    @Argument(help: "The page, a new file for its owner alone.", completion: .file())
    var file: String

    @OptionGroup var period: PeriodOptions

    @Option(
        help: ArgumentHelp("A chain head that was stored elsewhere; may be given several times.", valueName: "HEAD"),
        transform: AuditVerifyCommand.head
    )
    var head: [AuditHead] = []

    @Flag(help: "One JSON object with the counts and the verdict; the page is written too.")
    var json = false

    @OptionGroup var log: AuditLogOption

    func perform() async throws {
        let reader = try await log.reader()
        let statistics = try await period.statistics(of: reader)
        let verification = try await Progress.verifying { [head] progress in
            try await reader.verify(heads: head, progress: progress)
        }
        let report = AuditReport(
            statistics,
            verification: verification,
            path: reader.path,
            since: period.date(period.since),
            until: period.date(period.until),
            at: Date()
        )
        let output = try OutputFile(creating: file)
        try output.write(Array(report.html.utf8))
        try output.finish()
        try say(statistics, verification, reader.path)
    }

    private func say(_ statistics: AuditStatistics, _ verification: AuditVerification, _ path: String) throws {
        let text = VerificationText(verification, path: path, from: nil)
        if json {
            let members = text.json.merging(statistics.json) { $1 }.merging(["file": .string(file)]) { $1 }
            try JSONOutput("report", members).print()
        } else {
            print("\(file.displayed): \(statistics.total.summary)")
        }
        guard !verification.isIntact else { return }
        let findings = verification.findingCount - verification.acknowledgedCount
        throw CommandFailure(status: 3, error: DamagedLog(path: path, findings: findings))
    }
}
#endif
