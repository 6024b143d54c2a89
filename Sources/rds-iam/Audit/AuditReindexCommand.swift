import ArgumentParser
import TokenAuditLog

/// `rds-iam audit reindex`.
struct AuditReindexCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reindex",
        abstract: "Build anew what searches use.",
        discussion: """
            For a log of which `rds-iam audit verify --indexes` says index-altered. No event is changed, and tokens may be \
            made meanwhile.
            """
    )

    @OptionGroup var log: AuditLogOption

    func run() async throws {
        // A log that is not there is a mistake, and not to be made.
        let head = try await log.reader().head()
        let writer = try await AuditLog.open(log.resolved())
        try await closing(writer) { try await writer.reindex() }
        print("indexed up to row \(head.sequence)")
    }
}
