#if Command
import ArgumentParser
import RDSIAMBasics
import RDSIAMSystem
import TokenAuditLog

/// `rds-iam audit stats`.
struct AuditStatsCommand: AuditSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count events per day (UTC), user, server, role and error.",
        discussion: """
            On a terminal: tokens per day as bars, tokens per user and server as a table, then roles and errors. Into a pipe \
            or a file: one count a line, in fields with a tabulator between: kind, name, issued, reused, refused, accepted, \
            rejected, failed. A server is the one that the token is good for; the kind "dialed" counts by the one that was dialed.

            \(PeriodOptions.help) For example:

              rds-iam audit stats --since 2026-11-01 --until 2026-12-01

            Exit status: 0 done, 2 wrong usage, 4 another process held the log for too long, 1 anything else.
            """
    )

    @OptionGroup var period: PeriodOptions

    @Flag(help: "One JSON object.")
    var json = false

    @OptionGroup var log: AuditLogOption

    func perform() async throws {
        let reader = try await log.reader()
        let statistics = try await period.statistics(of: reader)
        if json { return try JSONOutput("stats", statistics.json).print() }
        statistics.printForReader()
    }

    fileprivate static func printFields(_ statistics: AuditStatistics) {
        print(["", "", "issued", "reused", "refused", "accepted", "rejected", "failed"].joined(separator: "\t"))
        for (kind, groups) in statistics.kinds {
            for group in groups { printFields(kind, group.name, group.counts) }
        }
        for login in statistics.perLogin { printFields("login", "\(login.user)@\(login.host)", login.counts) }
        printFields("total", "", statistics.total)
    }

    private static func printFields(_ kind: String, _ name: String, _ counts: AuditStatistics.Counts) {
        print(([kind, name.displayed] + counts.numbers.map(String.init)).joined(separator: "\t"))
    }
}

extension AuditStatistics {
    /// Prints the counts: for a person as tables and bars, for a program as lines of fields.
    ///
    /// - Parameter unreadable: What to say of rows that cannot be read, after their number.
    func printForReader(unreadable: String = "rows cannot be read: run rds-iam audit verify.") {
        let note = unreadableRows > 0 ? "\(unreadableRows) \(unreadable)" : nil
        if Terminal.output.isTerminal {
            return StatisticsTables(self, unreadable: note, on: .output).lines.forEach { print($0) }
        }
        AuditStatsCommand.printFields(self)
        if let note { Main.printError("rds-iam: note: \(note)") }
    }

    fileprivate var kinds: KeyValuePairs<String, [Group]> {
        [
            "day": perDay, "user": perUser, "host": perHost, "dialed": perDialedHost, "role": perRole,
            "error": perErrorCode,
        ]
    }

    /// The members of the JSON object; `rds-iam audit report --json` has them too.
    var json: [String: JSONValue] {
        [
            "per_day": Self.json(perDay), "per_user": Self.json(perUser), "per_host": Self.json(perHost),
            "per_dialed_host": Self.json(perDialedHost), "per_role": Self.json(perRole),
            "per_error": Self.json(perErrorCode),
            "per_login": .array(
                perLogin.map { login in
                    .object(
                        login.counts.json.merging(["user": .string(login.user), "host": .string(login.host)]) { $1 }
                    )
                }
            ),
            "total": .object(total.json), "rows": .integer(rows), "unreadable_rows": .integer(unreadableRows),
        ]
    }

    /// An array: names that only look alike would be one key of an object to many programs.
    private static func json(_ groups: [Group]) -> JSONValue {
        .array(groups.map { .object($0.counts.json.merging(["name": .string($0.name)]) { $1 }) })
    }
}

extension AuditStatistics.Counts {
    /// The counts in words.
    var summary: String {
        "\(issued) tokens issued, \(reused) reused, \(refused) refused; "
            + "\(accepted) connections accepted, \(rejected) rejected, \(failed) failed"
    }

    fileprivate var numbers: [Int] { [issued, reused, refused, accepted, rejected, failed] }

    fileprivate var json: [String: JSONValue] {
        [
            "issued": .integer(issued), "reused": .integer(reused), "refused": .integer(refused),
            "accepted": .integer(accepted), "rejected": .integer(rejected), "failed": .integer(failed),
        ]
    }
}

/// Counts as tables and bars.
struct StatisticsTables {
    private let statistics: AuditStatistics
    private let note: String?
    private let terminal: Terminal

    init(_ statistics: AuditStatistics, unreadable note: String?, on terminal: Terminal) {
        (self.statistics, self.note) = (statistics, note)
        self.terminal = terminal
    }

    var lines: [String] {
        let dialed =
            statistics.perDialedHost == statistics.perHost
            ? [] : groups("By the server dialed", statistics.perDialedHost)
        return "\(statistics.total.summary).".wrapped(to: terminal.columns) + days + logins + dialed
            + groups("By role or account", statistics.perRole)
            + groups("By error", statistics.perErrorCode) + unreadable
    }

    /// A bar for each day.
    private var days: [String] {
        guard let most = statistics.perDay.map(\.counts.issued).max(), most > 0 else { return [] }
        let digits = String(most).count
        let room = max(10, min(60, terminal.columns - 10 - digits - 4))
        return title("Tokens issued per day (UTC)")
            + statistics.perDay.map { day in
                // A day with one token has a bar too.
                let length = day.counts.issued == 0 ? 0 : max(1, day.counts.issued * room / most)
                let bar = String(repeating: terminal.block, count: length)
                let number = String(day.counts.issued).padded(to: digits, onTheLeft: true)
                return "\(day.name)  \(number)  \(terminal.styled(bar, .green))"
            }
    }

    /// A row for each user, a column for each server, as many as fit.
    private var logins: [String] {
        guard !statistics.perLogin.isEmpty else { return [] }
        let table = CrossTable(statistics.perLogin, on: terminal)
        let columns =
            [TextTable.Column(title: "USER", least: 8, most: 24)]
            + table.titles.map { TextTable.Column(title: $0, isNumber: true, most: CrossTable.width) }
        let rows = table.rows.map { $0.map { TextTable.Cell($0) } }
        let printed = TextTable(columns, rows, on: terminal)
        return title("Tokens issued per user and server") + [printed.heading] + rows.map(printed.line)
    }

    private func groups(_ name: String, _ groups: [AuditStatistics.Group]) -> [String] {
        guard !groups.isEmpty else { return [] }
        let columns =
            [TextTable.Column(title: "", least: 10)]
            + ["ISSUED", "REUSED", "REFUSED", "ACCEPTED", "REJECTED", "FAILED"].map {
                TextTable.Column(title: $0, isNumber: true)
            }
        let rows = groups.map { group in
            ([group.name] + group.counts.numbers.map(String.init)).map { TextTable.Cell($0) }
        }
        let printed = TextTable(columns, rows, on: terminal)
        return title(name) + [printed.heading] + rows.map(printed.line)
    }

    private var unreadable: [String] { note.map { ["", terminal.styled($0, .red)] } ?? [] }

    private func title(_ text: String) -> [String] { ["", terminal.styled(text, .bold)] }
}

/// Counts by user and server.
private struct CrossTable {
    /// How wide a server's column is at most.
    static let width = 16

    let titles: [String]
    let rows: [[String]]

    init(_ logins: [AuditStatistics.Login], on terminal: Terminal) {
        var hosts: [ByteText: Int] = [:]
        var users: [ByteText: [ByteText: Int]] = [:]
        for login in logins {
            hosts[ByteText(login.host), default: 0] += login.counts.issued
            users[ByteText(login.user), default: [:]][ByteText(login.host), default: 0] += login.counts.issued
        }
        // The servers with the most tokens; the others share a column.
        let sorted = hosts.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }.map(\.key)
        let room = terminal.columns - min(24, users.keys.map(\.string.columns).max() ?? 0) - 9
        let fitting = max(1, room / (Self.width + 2))
        let shown = sorted.count <= fitting ? sorted : Array(sorted.prefix(max(1, (room - 9) / (Self.width + 2))))
        let hasOthers = sorted.count > shown.count
        titles =
            Self.titles(shown.map(\.string), ellipsis: terminal.ellipsis) + (hasOthers ? ["OTHERS"] : []) + ["TOTAL"]
        rows = users.sorted { $0.key < $1.key }.map { user, counts in
            let numbers = shown.map { counts[$0] ?? 0 }
            let total = counts.values.reduce(0, +)
            let others = hasOthers ? [total - numbers.reduce(0, +)] : []
            return [user.string] + (numbers + others + [total]).map(String.init)
        }
    }

    /// The names of the servers; of those that begin alike, what tells them apart.
    private static func titles(_ names: [String], ellipsis: String) -> [String] {
        names.map { name in
            let alike = names.filter { $0.hasBytePrefix(String(name.prefix(width - 4))) }
            guard alike.count > 1 else { return name }
            let common = alike.map { zip($0, name).prefix { $0 == $1 }.count }.min() ?? 0
            return ellipsis + name.dropFirst(max(0, common - 4))
        }
    }
}
#endif
