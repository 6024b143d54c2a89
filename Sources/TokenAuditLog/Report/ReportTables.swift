import AuthTokens
import RDSIAMBasics
import RDSIAMSystem

/// Tokens per user and server, each cell the darker the more there are.
struct LoginTable {
    private static let mostServers = 12

    private let servers: [ByteText]
    private let users: [ByteText]
    private let counts: [ByteText: [ByteText: Int]]
    private let hasOthers: Bool

    init(_ logins: [AuditStatistics.Login]) {
        var counts: [ByteText: [ByteText: Int]] = [:]
        var servers: [ByteText: Int] = [:]
        for login in logins where login.counts.issued > 0 {
            counts[ByteText(login.user), default: [:]][ByteText(login.host)] = login.counts.issued
            servers[ByteText(login.host), default: 0] += login.counts.issued
        }
        let sorted = servers.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }.map(\.key)
        self.counts = counts
        self.servers = Array(sorted.prefix(Self.mostServers))
        self.users = counts.keys.sorted()
        hasOthers = sorted.count > self.servers.count
    }

    var html: HTML {
        guard !users.isEmpty else { return "<p>No tokens in this period.</p>" }
        let heads: [HTML] = servers.map { "<th>\($0.string)</th>" }
        return """
            <div class="wide"><table><thead><tr><th>User</th>\(heads)\(hasOthers ? "<th>Others</th>" : "" as HTML)\
            <th>Total</th></tr></thead><tbody>\(users.map(row))</tbody></table></div>
            """
    }

    private func row(_ user: ByteText) -> HTML {
        let numbers = counts[user] ?? [:]
        let shown = servers.map { numbers[$0] ?? 0 }
        let total = numbers.values.reduce(0, +)
        let others: HTML = hasOthers ? cell(total - shown.reduce(0, +)) : ""
        return """
            <tr><th>\(user.string)</th>\(shown.map(cell))\(others)<td><b>\(total)</b></td></tr>

            """
    }

    private func cell(_ count: Int) -> HTML {
        guard count > 0 else { return "<td class=\"none\">0</td>" }
        let most = counts.values.flatMap(\.values).max() ?? count
        let percent = 10 + 50 * min(count, most) / most
        return "<td style=\"background:color-mix(in srgb,var(--issued) \(percent)%,transparent)\">\(count)</td>"
    }
}

/// What was refused or rejected, and why.
struct ErrorTable {
    let groups: [AuditStatistics.Group]

    var html: HTML {
        guard !groups.isEmpty else { return "<p>None.</p>" }
        let rows: [HTML] = groups.map { group in
            """
            <tr><th>\(group.name)</th><td>\(group.counts.refused)</td><td>\(group.counts.rejected)</td>\
            <td>\(group.counts.failed)</td></tr>

            """
        }
        return """
            <table><thead><tr><th>Error</th><th>Tokens refused</th><th>Connections rejected</th>\
            <th>Logins failed</th></tr></thead>\
            <tbody>\(rows)</tbody></table>
            """
    }
}

/// What was lost, deleted or acknowledged.
struct IncidentTable {
    let entries: [AuditEntry]
    /// What no event says, in words.
    let notes: [String]

    var html: HTML {
        let lines: [HTML] = notes.map { "<p>\($0)</p>" }
        guard !entries.isEmpty else { return notes.isEmpty ? "<p>None.</p>" : "\(lines)" }
        return """
            \(lines)<table><thead><tr><th>Row</th><th>Time (UTC)</th><th>What</th><th>Who</th></tr></thead>\
            <tbody>\(entries.map(row))</tbody></table>
            """
    }

    private func row(_ entry: AuditEntry) -> HTML {
        guard let record = entry.record else { return "" }
        let who = "\(record.actor.user), \(record.actor.program) on \(record.actor.host)"
        return """
            <tr><td>\(Int(entry.sequence))</td><td>\(record.time.rfc3339)</td><td class="text">\(Self.what(record))</td>\
            <td class="text">\(who)</td></tr>

            """
    }

    private static func what(_ record: AuditRecord) -> String {
        let detail = record.detail
        switch record.activity {
        case .gap:
            return "Gap: \(detail["events"] ?? "?") events could not be recorded; "
                + "\(detail["issued"] ?? "?") of them were about tokens that were used."
        case .reserveSpent: return "The disk was full, and the log used up its reserve."
        case .prune: return "Pruned: the rows up to \(detail["seq"] ?? "?") were deleted."
        default: return "Acknowledged: \(detail["reason"] ?? "no reason given")"
        }
    }
}
