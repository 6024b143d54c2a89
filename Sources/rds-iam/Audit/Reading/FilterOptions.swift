#if Command
import ArgumentParser
import AuthTokens
import RDSIAMBasics
import RDSIAMSystem
import Synchronization
import TokenAuditLog

/// A period, and how times are read and shown.
struct PeriodOptions: ParsableArguments {
    @Option(help: ArgumentHelp("From this moment on.", valueName: "TIME"), transform: TimeText.parse)
    var since: TimeText?

    @Option(help: ArgumentHelp("Before this moment.", valueName: "TIME"), transform: TimeText.parse)
    var until: TimeText?

    @Flag(help: "Read and show times as this machine's clocks do, instead of in UTC.")
    var local = false

    func validate() throws {
        guard let since = date(since), let until = date(until), since >= until else { return }
        throw ValidationError("--since is not earlier than --until. Give the earlier time to --since.")
    }

    var style: TimeStyle { TimeStyle(isLocal: local) }

    func date(_ time: TimeText?) -> Date? { time?.date(isLocal: local) }

    /// Counts the rows of the period, with progress on a terminal.
    func statistics(of reader: AuditLogReader) async throws -> AuditStatistics {
        let counted = Mutex<Int64>(0)
        return try await Progress.during("counting", count: { "\(counted.withLock { $0 }) rows" }) {
            [since = date(since), until = date(until)] in
            try await reader.statistics(since: since, until: until) { rows in counted.withLock { $0 = rows } }
        }
    }

    /// What a TIME is, for the help.
    static let help = "A TIME is one of: \(TimeText.forms). Without a zone it is in UTC, or local with --local."
}

/// Which events to show.
struct FilterOptions: ParsableArguments {
    @OptionGroup var period: PeriodOptions

    @Option(
        help: ArgumentHelp("Tokens that a server would have accepted at this moment.", valueName: "TIME"),
        transform: TimeText.parse
    )
    var validAt: TimeText?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Tokens that a server would have accepted between two moments.", valueName: "TIME TIME"),
        transform: TimeText.parse
    )
    var validBetween: [TimeText] = []

    @Option(help: "The database user who logs in.")
    var user: String?

    @Option(help: "The database user who was asked for, if the provider chose another one.")
    var requestedUser: String?

    @Option(help: "The server: the one that was dialed, or the one that the token is good for.")
    var host: String?

    @Option(help: "The database.")
    var database: String?

    @Option(help: "The AWS region.")
    var region: String?

    @Option(help: ArgumentHelp("The ARN of the role whose credentials signed.", valueName: "ARN"))
    var role: String?

    @Option(help: ArgumentHelp("The AWS account, 12 digits.", valueName: "ACCOUNT"))
    var account: String?

    @Option(help: "The AWS access key ID that signed.")
    var accessKeyID: String?

    @Option(help: "The AWS profile that the credentials came from.")
    var profile: String?

    @Option(help: "The kind of source that the credentials came from, as `show` names it.")
    var source: String?

    @Option(help: "The generator's name.")
    var generator: String?

    @Option(help: "The operating system user.")
    var osUser: String?

    @Option(help: "The program's file name.")
    var program: String?

    @Option(
        help: ArgumentHelp("What happened: \(EventName.choices).", valueName: "EVENT"),
        transform: EventName.activity
    )
    var activity: TokenEvent.Activity?

    @Option(help: ArgumentHelp("How it ended: success or failure.", valueName: "OUTCOME"), transform: Self.outcome)
    var outcome: AuditRecord.Outcome?

    @Option(
        help: ArgumentHelp(
            "An event's ID, as `show` names it: the event, and what became of its token.",
            valueName: "ID"
        )
    )
    var id: String?

    @Flag(help: "Show also what the log says about itself, such as checkpoints. Gaps are always shown.")
    var all = false

    func validate() throws {
        guard validBetween.isEmpty || validBetween.count == 2 else {
            throw ValidationError("--valid-between takes two times.")
        }
        guard validAt == nil || validBetween.isEmpty else {
            throw ValidationError("Say either --valid-at or --valid-between.")
        }
        if let range = ends, range.from > range.to {
            throw ValidationError("--valid-between takes the earlier time first.")
        }
        if let role, !role.hasBytePrefix("arn:") {
            throw ValidationError("--role takes the role's ARN, such as arn:aws:iam::123456789012:role/app.")
        }
        if let account, account.utf8.count != 12 || !account.utf8.allSatisfy({ (48...57).contains($0) }) {
            throw ValidationError("--account takes the account's 12 digits.")
        }
    }

    private struct Ends {
        let from: Date
        let to: Date
    }

    private var ends: Ends? {
        if let moment = period.date(validAt) { return Ends(from: moment, to: moment) }
        guard let from = period.date(validBetween.first), let to = period.date(validBetween.last) else { return nil }
        return Ends(from: from, to: to)
    }

    /// The filter that the options describe.
    var filter: AuditFilter {
        var filter = AuditFilter()
        filter.since = period.date(period.since)
        filter.until = period.date(period.until)
        filter.valid = ends.map { $0.from...$0.to }
        (filter.user, filter.requestedUser, filter.host) = (user, requestedUser, host)
        (filter.database, filter.region) = (database, region)
        (filter.roleARN, filter.accountID, filter.accessKeyID) = (role, account, accessKeyID)
        (filter.profile, filter.credentialSource, filter.generator) = (profile, source, generator)
        (filter.osUser, filter.program) = (osUser, program)
        (filter.activity, filter.outcome, filter.id) = (activity, outcome, id)
        filter.hidesOwnEvents = !all && id == nil && activity?.rawValue.hasBytePrefix("audit.") != true
        return filter
    }

    @Sendable private static func outcome(_ text: String) throws -> AuditRecord.Outcome {
        guard ["success", "failure"].contains(text) else {
            throw ValidationError("An outcome is success or failure.")
        }
        return AuditRecord.Outcome(rawValue: text)
    }
}

/// The words for what happened.
enum EventName {
    private static let words: KeyValuePairs<TokenEvent.Activity, String> = [
        .issue: "issued", .reuse: "reused", .refuse: "refused", .connectionAccepted: "accepted",
        .connectionRefused: "rejected", .connectionFailed: "failed", .gap: "gap", .open: "opened",
        .checkpoint: "checkpoint", .prune: "pruned",
        .reanchor: "reanchor", .reserveSpent: "reserve",
    ]

    static let choices = words.map(\.value).joined(separator: ", ")

    /// The word for an activity; of an activity that a newer version has recorded, its name in the log.
    static func word(_ activity: TokenEvent.Activity) -> String {
        words.first { $0.key == activity }?.value ?? activity.rawValue
    }

    /// The activity that a word or a name in the log stands for.
    @Sendable static func activity(_ text: String) throws -> TokenEvent.Activity {
        let known = words.first { $0.value == text || $0.key.rawValue.isBytewiseEqual(to: text) }
        if let known { return known.key }
        let near = NearestName.find(text, among: words.map(\.value)).map { " Did you mean \($0)?" } ?? ""
        throw ValidationError("An event is one of: \(choices).\(near)")
    }
}
#endif
