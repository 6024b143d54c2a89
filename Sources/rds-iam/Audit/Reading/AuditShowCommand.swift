#if Command
import ArgumentParser
import AuthTokens
import RDSIAMBasics
import RDSIAMSystem
import TokenAuditLog

/// `rds-iam audit show`.
struct AuditShowCommand: AuditSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one event in full, and what became of its token.",
        discussion: """
            For example, row 4711, or the event of which a list of another program knows the ID:

              rds-iam audit show 4711
              rds-iam audit show 01965b2a-7a61-7000-8000-00000000002a

            Exit status: 0 done, 2 wrong usage, 4 another process held the log for too long, 1 anything else, such as no \
            such event.
            """
    )

    @Argument(help: "A row's number, or an event's ID.")
    var event: String

    @Flag(help: "Show times as this machine's clocks do, instead of in UTC.")
    var local = false

    @Flag(help: "One JSON object with the row, its fields and the rows about its token.")
    var json = false

    @OptionGroup var log: AuditLogOption

    func perform() async throws {
        let reader = try await log.reader()
        let found = try await Progress.during("searching") {
            if let row = Int64(event) { return try await reader.entry(at: row) }
            return try await reader.entry(withID: event)
        }
        guard let found else { throw NoSuchEvent(name: event, path: reader.path) }
        let later = try await Progress.during("searching") { try await reader.outcomes(of: found) }
        if json { return Self.printJSON(found, later) }
        for line in EventDetails(found, TimeStyle(isLocal: local)).lines { print(line) }
        guard !later.isEmpty else { return }
        print("\nLater events of this token:")
        var printer = EventPrinter(isJSON: false, style: TimeStyle(isLocal: local))
        printer.print(later)
    }

    private static func printJSON(_ entry: AuditEntry, _ later: [AuditEntry]) {
        let rows = later.map(EventPrinter.json).joined(separator: ",")
        print(
            #"{"event":\#(EventPrinter.json(entry)),"later":[\#(rows)],"schema":"\#(JSONOutput.schema("show"))"}"#
        )
    }
}

/// There is no such row, or no longer.
private struct NoSuchEvent: Error, CustomStringConvertible {
    let name: String
    let path: String

    var description: String {
        "\(path) has no event \(name.displayed). Give a row's number or an event's ID; pruned rows are gone."
    }
}

/// All that an event says, a line for each field.
struct EventDetails {
    let lines: [String]

    init(_ entry: AuditEntry, _ style: TimeStyle) {
        let fields = Self.fields(entry, style).compactMap { field in field.value.map { (field.name, $0) } }
        let width = fields.map(\.0.count).max() ?? 0
        lines = fields.map { name, value in
            Terminal.output.styled(name.padded(to: width), .dim) + "  " + value.displayed
        }
    }

    private struct Field {
        let name: String
        let value: String?

        init(_ name: String, _ value: String?) { (self.name, self.value) = (name, value) }
    }

    private static func fields(_ entry: AuditEntry, _ style: TimeStyle) -> [Field] {
        let place = [Field("row", String(entry.sequence))]
        let hashes = [Field("chain hash", Hexadecimal.encode(entry.chainHash))]
        guard let record = entry.record else {
            return place + [Field("payload", "cannot be read: \(entry.payload)")] + hashes
        }
        return place + what(record, style) + target(record) + credential(record, style) + token(record, style)
            + actor(record) + record.detail.sorted { $0.key < $1.key }.map { Field($0.key, $0.value) } + hashes
    }

    private static func what(_ record: AuditRecord, _ style: TimeStyle) -> [Field] {
        [
            Field("ID", record.id), Field("time", style.full(record.time)),
            Field("event", "\(EventName.word(record.activity)) (\(record.activity.rawValue))"),
            Field("outcome", record.outcome.rawValue), Field("error", record.errorCode),
            Field("record", record.isRequired.map { $0 ? "required" : "best effort" }),
            Field("issued by event", record.issueID),
        ]
    }

    private static func target(_ record: AuditRecord) -> [Field] {
        guard let target = record.target else { return [] }
        return [
            Field("user", target.user), Field("user asked for", target.requestedUser),
            Field("server", EventText.endpoint(target.server, target.serverPort)),
            Field("dialed as", target.dialedElsewhere),
            Field("database", target.database), Field("region", target.region), Field("generator", record.generator),
        ]
    }

    private static func credential(_ record: AuditRecord, _ style: TimeStyle) -> [Field] {
        guard let credential = record.credential else { return [] }
        return [
            Field("role", credential.roleARN), Field("account", credential.accountID),
            Field("profile", credential.profile), Field("access key", credential.accessKeyID),
            Field("credentials from", credential.source),
            Field("credentials until", credential.expiresAt.map(style.full)),
        ]
    }

    private static func token(_ record: AuditRecord, _ style: TimeStyle) -> [Field] {
        guard let token = record.token else { return [] }
        return [
            Field("token SHA-256", token.fingerprint), Field("token signed", style.full(token.signedAt)),
            Field("token valid until", token.expiresAt.map(style.full) ?? "not known"),
        ]
    }

    private static func actor(_ record: AuditRecord) -> [Field] {
        let actor = record.actor
        return [
            Field("operating system user", "\(actor.user) (\(actor.userID))"),
            Field("program", "\(actor.program), process \(actor.processID)"), Field("on host", actor.host),
        ]
    }
}
#endif
