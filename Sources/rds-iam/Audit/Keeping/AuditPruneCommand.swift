#if Command
import ArgumentParser
import RDSIAMSystem
import TokenAuditLog

/// `rds-iam audit prune`.
struct AuditPruneCommand: AuditSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Delete the oldest events, for good.",
        discussion: """
            The rest still verifies, and the log says what was deleted, when, and which user did it. Export the rows first. \
            Rows are deleted up to the first that is not old enough; the file keeps its size and is filled again. A TIME is \
            one of: \(TimeText.forms). Without a zone it is in UTC. For example:

              rds-iam audit export --output november.jsonl
              rds-iam audit prune --before 2026-12-01

            Exit status: 0 done, 2 wrong usage, 4 another process held the log for too long, 1 anything else.
            """
    )

    @Option(
        help: ArgumentHelp("Delete what happened before this moment.", valueName: "TIME"),
        transform: TimeText.parse
    )
    var before: TimeText?

    @Option(help: ArgumentHelp("Delete what happened more than so many days ago.", valueName: "DAYS"))
    var olderThan: Int?

    @Flag(help: "One JSON object.")
    var json = false

    @OptionGroup var signing: SigningKeyOption

    @OptionGroup var log: AuditLogOption

    func validate() throws {
        guard (before == nil) != (olderThan == nil) else {
            throw ValidationError("Say either --before or --older-than.")
        }
        guard let olderThan else { return }
        guard (1...100_000).contains(olderThan) else {
            throw ValidationError("--older-than takes a number of days from 1 to 100000.")
        }
    }

    func perform() async throws {
        let time = before?.date() ?? Date() - Double(olderThan ?? 0) * 86_400
        let writer = try await log.writer(signing)
        let pruning = try await closing(writer) {
            try await Progress.during("pruning") { try await writer.prune(before: time) }
        }
        guard json else {
            return print("\(pruning.rows) rows deleted; the log begins after row \(pruning.throughSequence)")
        }
        let members: [String: JSONValue] = [
            "rows": .integer(pruning.rows), "begins_after_row": .integer(pruning.throughSequence),
        ]
        try JSONOutput("prune", members).print()
    }
}
#endif
