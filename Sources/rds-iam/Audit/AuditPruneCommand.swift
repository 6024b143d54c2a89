import ArgumentParser
import RDSIAMSystem
import TokenAuditLog

/// `rds-iam audit prune`.
struct AuditPruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Delete the oldest events, for good.",
        discussion: """
            The rest still verifies, and the log says what was deleted. Export first what must be kept: rds-iam audit \
            export. The file keeps its size and is filled again. A TIME is in UTC, such as 2026-11-22 or \
            2026-11-22T08:30:00Z.
            """
    )

    @Option(help: ArgumentHelp("Delete what happened before this moment.", valueName: "TIME"))
    var before: UTCTime?

    @Option(help: ArgumentHelp("Delete what happened more than so many days ago.", valueName: "DAYS"))
    var olderThan: Int?

    @OptionGroup var log: AuditLogOption

    func validate() throws {
        guard (before == nil) != (olderThan == nil) else {
            throw ValidationError("Say either --before or --older-than.")
        }
        if let olderThan, olderThan < 1 { throw ValidationError("--older-than must be 1 or more.") }
    }

    func run() async throws {
        let writer = try await log.writer()
        let pruning = try await closing(writer) {
            try await writer.prune(before: before?.date ?? Date() - Double(olderThan ?? 0) * 86_400)
        }
        print("\(pruning.rows) rows deleted; the log begins after row \(pruning.throughSequence)")
    }
}
