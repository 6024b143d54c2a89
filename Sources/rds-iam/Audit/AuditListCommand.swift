import ArgumentParser
import AuthTokens
import TokenAuditLog

/// `rds-iam audit list`.
struct AuditListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List events, newest first.",
        discussion: """
            Options narrow it down: an event must match all that are given. A TIME is in UTC, such as 2026-11-22 or \
            2026-11-22T08:30:00Z. For example, who could log in as andrew on that day, and with whose access key:

              rds-iam audit list --user andrew --since 2026-11-22 --until 2026-11-23
            """
    )

    @Option(help: ArgumentHelp("From this moment on.", valueName: "TIME"))
    var since: UTCTime?

    @Option(help: ArgumentHelp("Before this moment.", valueName: "TIME"))
    var until: UTCTime?

    @Option(help: "The database user.")
    var user: String?

    @Option(help: "The server's name.")
    var host: String?

    @Option(help: "The generator's name.")
    var generator: String?

    @Option(help: "The AWS access key ID that signed.")
    var accessKeyID: String?

    @Option(help: "The AWS profile the credentials came from.")
    var profile: String?

    @Option(help: "What happened, as the list names it, such as token.issue.")
    var activity: String?

    @Option(help: "How it ended: success or failure.")
    var outcome: String?

    @Option(help: "The event's own name, which application_name may carry.")
    var id: String?

    @Option(help: ArgumentHelp("At most so many events.", valueName: "NUMBER"))
    var limit: Int?

    @Flag(help: "One JSON object a line: the row's hashes, its number and its payload as it is stored.")
    var json = false

    @OptionGroup var log: AuditLogOption

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more.") }
    }

    func run() async throws {
        let reader = try await log.reader()
        var cursor: AuditCursor?
        var left = limit ?? .max
        repeat {
            let page = try await reader.entries(matching: filter, limit: min(500, left), after: cursor)
            for entry in page.entries { print(json ? entry.jsonLine : AuditLine(entry).text) }
            left -= page.entries.count
            cursor = page.next
        } while cursor != nil && left > 0
    }

    private var filter: AuditFilter {
        var filter = AuditFilter()
        filter.since = since?.date
        filter.until = until?.date
        filter.user = user
        filter.host = host
        filter.generator = generator
        filter.accessKeyID = accessKeyID
        filter.profile = profile
        filter.activity = activity.map { TokenEvent.Activity(rawValue: $0) }
        filter.outcome = outcome.map { AuditRecord.Outcome(rawValue: $0) }
        filter.id = id
        return filter
    }
}
