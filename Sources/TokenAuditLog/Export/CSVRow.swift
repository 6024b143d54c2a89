import AuthTokens
import RDSIAMBasics
import RDSIAMSystem

/// One row of comma-separated values (RFC 4180).
struct CSVRow {
    let cells: [String]

    static let heading = CSVRow(cells: [
        "seq", "time", "activity", "outcome", "error", "policy", "generator", "user", "host", "port",
        "database",
        "region", "credential_source", "profile", "access_key_id", "account", "role_arn",
        "token_sha256",
        "token_expires", "actor_user", "actor_uid", "actor_pid", "actor_program", "actor_host", "id",
        "issue_id",
        "signing_host", "signing_port", "requested_user", "chain_hash",
    ])

    init(cells: [String]) { self.cells = cells }

    init(_ entry: AuditEntry) {
        guard let record = entry.record else {
            let unreadable = Self.heading.cells.map { $0 == "activity" ? "unreadable" : "" }
            let chain = Hexadecimal.encode(entry.chainHash)
            self.init(cells: [String(entry.sequence)] + unreadable.dropFirst().dropLast() + [chain])
            return
        }
        self.init(
            cells: [String(entry.sequence)] + Self.what(record) + Self.whose(record)
                + Self.who(record.actor)
                + [record.id, record.issueID ?? ""] + Self.signing(record.target) + [
                    Hexadecimal.encode(entry.chainHash)
                ]
        )
    }

    private static func what(_ record: AuditRecord) -> [String] {
        let target = record.target
        return [
            record.time.iso8601, record.activity.rawValue, record.outcome.rawValue,
            record.errorCode ?? "",
            record.isRequired.map { $0 ? "required" : "best_effort" } ?? "", record.generator ?? "",
            target?.user ?? "", target?.host ?? "", target.map { String($0.port) } ?? "",
            target?.database ?? "",
            target?.region ?? "",
        ]
    }

    private static func whose(_ record: AuditRecord) -> [String] {
        let credential = record.credential
        return [
            credential?.source ?? "", credential?.profile ?? "", credential?.accessKeyID ?? "",
            credential?.accountID ?? "", credential?.roleARN ?? "", record.token?.fingerprint ?? "",
            record.token?.expiresAt?.iso8601 ?? "",
        ]
    }

    private static func signing(_ target: AuditRecord.Target?) -> [String] {
        [target?.signingHost ?? "", target?.signingPort.map { String($0) } ?? "", target?.requestedUser ?? ""]
    }

    private static func who(_ actor: AuditActor) -> [String] {
        [actor.user, String(actor.userID), String(actor.processID), actor.program, actor.host]
    }

    var line: [UInt8] { Array((cells.map(Self.escape).joined(separator: ",") + "\r\n").utf8) }

    /// A cell that begins like a formula is made text, or a spreadsheet would run it.
    ///
    /// Control characters and line ends are written as escapes: programs that read lines would see two rows.
    static func escape(_ cell: String) -> String {
        let isFormula = cell.unicodeScalars.first.map { "=+-@\t\r".unicodeScalars.contains($0) } ?? false
        let text = (isFormula ? "'" : "") + cell.withJSONEscapes
        // Bytes: a quotation mark with a combining mark after it is one Character.
        guard text.utf8.contains(where: ",\"".utf8.contains) else { return text }
        let parts = text.splitBytes(separator: "\"", omittingEmptySubsequences: false)
        return "\"" + parts.joined(separator: "\"\"") + "\""
    }
}

extension Date {
    /// The time in UTC with microseconds in RFC 3339's format.
    package var iso8601: String {
        let seconds = microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
        let fraction = String(microseconds - seconds * 1_000_000)
        let whole = CivilTime(unixSeconds: seconds).rfc3339.dropLast()
        return whole + "." + String(repeating: "0", count: 6 - fraction.utf8.count) + fraction + "Z"
    }
}
