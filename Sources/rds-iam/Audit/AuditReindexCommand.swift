import ArgumentParser
import TokenAuditLog

/// `rds-iam audit reindex`.
struct AuditReindexCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reindex",
        abstract: "Rebuild what searches use.",
        discussion: """
            For a log of which `rds-iam audit verify --indexes` says index-altered. No event is changed, and tokens may be \
            made meanwhile. Like every command that writes, it also recovers a log after a writer's crash.
            """
    )

    @OptionGroup var log: AuditLogOption

    func run() async throws {
        let writer = try await log.writer()
        let head = try await closing(writer) {
            let head = try await log.reader().head()
            try await writer.reindex()
            return head
        }
        print("indexed up to row \(head.sequence)")
    }
}
