import ArgumentParser
import TokenAuditLog

/// `rds-iam audit reanchor`.
struct AuditReanchorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reanchor",
        abstract: "Take note of what `verify` has found, and let the log go on.",
        discussion: """
            What is wrong stays in every report, with the row that acknowledges it, and no longer counts. Keep a copy of the \
            file as it is first: rds-iam audit backup.
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
        let head = try await log.reader().head()
        let writer = try await AuditLog.open(log.resolved())
        try await closing(writer) { try await writer.reanchor(reason: reason) }
        print("acknowledged what is wrong up to row \(head.sequence)")
    }
}
