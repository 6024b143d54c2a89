#if Command
import ArgumentParser
import RDSIAMSystem
import TokenAuditLog

/// `rds-iam audit list`.
struct AuditListCommand: AuditSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List events, newest first.",
        discussion: """
            On a terminal it is a table of the 50 latest events: the row's number, the time, what happened, who may log in \
            where, whose process asked (operating system user, program), and as which role or account (profile). Into a pipe \
            or a file go all events, one a line, in fields with a tabulator between: row, time, event, outcome, \
            user@server, generator, operating system user, program, role or account, profile, access key, token, and the \
            endpoint that was dialed if the token is good for another.

            Options narrow it down: an event must match all that are given. \(PeriodOptions.help)

            Who could log in as andrew on 22 November, whenever the token was issued:

              rds-iam audit list --user andrew --valid-between 2026-11-22 2026-11-23

            What was refused since yesterday, and what is happening now:

              rds-iam audit list --since yesterday --outcome failure
              rds-iam audit list --follow

            Exit status: 0 done, also if no event matches; 2 wrong usage; 4 another process held the log for too long; \
            1 anything else.
            """
    )

    @OptionGroup var matching: FilterOptions

    @Option(
        help: ArgumentHelp(
            "At most so many events, or all (default: 50 on a terminal, else all).",
            valueName: "NUMBER"
        ),
        transform: Self.limit
    )
    var limit: Int?

    @Flag(help: "Show the latest events, oldest first, and then each new one as it is recorded.")
    var follow = false

    @Flag(help: "One JSON object a line: the row's hashes, its number and its payload as it is stored.")
    var json = false

    @OptionGroup var log: AuditLogOption

    func perform() async throws {
        let reader = try await log.reader()
        var printer = EventPrinter(isJSON: json, style: matching.period.style)
        if follow { return try await follow(reader, &printer) }
        var cursor: AuditCursor?
        var left = limit ?? (printer.isTable ? 50 : .max)
        var isEmpty = true
        repeat {
            let page = try await page(of: reader, min(500, left), after: cursor)
            if !page.entries.isEmpty { printer.print(page.entries) }
            isEmpty = isEmpty && page.entries.isEmpty
            left -= page.entries.count
            cursor = page.next
        } while cursor != nil && left > 0
        if isEmpty { Main.printError("No event matches.") }
        if printer.isTable, try await hasMore(reader, after: cursor) {
            Main.printError("There are older events: --limit 200 or --limit all shows them.")
        }
    }

    private func page(of reader: AuditLogReader, _ limit: Int, after cursor: AuditCursor?) async throws -> AuditPage {
        try await Progress.during("searching") { [filter = matching.filter] in
            try await reader.page(matching: filter, limit: limit, after: cursor)
        }
    }

    private func hasMore(_ reader: AuditLogReader, after cursor: AuditCursor?) async throws -> Bool {
        guard let cursor else { return false }
        return try await !page(of: reader, 1, after: cursor).entries.isEmpty
    }

    /// Shows the latest events, and then each second what was recorded in it, until the process ends.
    private func follow(_ reader: AuditLogReader, _ printer: inout EventPrinter) async throws {
        var last = try await reader.head()
        let latest = try await reader.page(matching: matching.filter, limit: limit ?? 10).entries
        printer.print(latest.filter { $0.sequence <= last.sequence }.reversed())
        fflush(nil)
        while true {
            try await Task.sleep(for: .seconds(1))
            let head = try await reader.head()
            guard head.sequence >= last.sequence, head.logID == last.logID else { throw ReplacedLog(path: reader.path) }
            guard head != last else { continue }
            var filter = matching.filter
            filter.after = last.sequence
            var entries: [AuditEntry] = []
            for try await entry in reader.entries(matching: filter) where entry.sequence <= head.sequence {
                entries.append(entry)
            }
            printer.print(entries.reversed())
            fflush(nil)
            last = head
        }
    }

    @Sendable private static func limit(_ text: String) throws -> Int {
        if text == "all" { return .max }
        guard let number = Int(text), number > 0 else {
            throw ValidationError("A limit is a number from 1 on, or all.")
        }
        return number
    }
}

/// The file was replaced while it was followed.
private struct ReplacedLog: Error, CustomStringConvertible {
    let path: String

    var description: String {
        "\(path) is not the log that it was: it was replaced, or put back from a copy. Verify it."
    }
}
#endif
