import ArgumentParser
import TokenAuditLog

/// `rds-iam audit reanchor`.
struct AuditReanchorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reanchor",
        abstract: "Take note of what `verify` has found, and let the log go on.",
        discussion: """
            What `verify` finds now stays in every report, with the row that acknowledges it, and no longer counts. What is \
            changed later does, and so does what contradicts a head that was kept elsewhere. Keep a copy of the file as it \
            is first, and a new head afterwards: rds-iam audit backup, rds-iam audit head.
            """
    )

    @Option(help: "Who has decided so, and why. It is written into the log.")
    var reason: String

    @OptionGroup var log: AuditLogOption

    func validate() throws {
        guard !reason.isEmpty else { throw ValidationError("--reason must say something.") }
    }

    func run() async throws {
        // A log that is not there is a mistake, and not to be made.
        let report = try await log.reader().verify()
        let writer = try await AuditLog.open(log.resolved())
        try await closing(writer) { try await writer.reanchor(acknowledging: report, reason: reason) }
        print("acknowledged what is wrong up to row \(report.head.sequence)")
    }
}
