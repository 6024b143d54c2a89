#if Command
import AuthTokens
import RDSIAMBasics
import RDSIAMSystem
import TokenAuditLog

/// The texts of one event, for lists.
struct EventText {
    let entry: AuditEntry
    let record: AuditRecord?

    init(_ entry: AuditEntry) {
        self.entry = entry
        record = entry.record
    }

    /// What happened, in one word.
    var event: String { record.map { EventName.word($0.activity) } ?? "unreadable" }

    var style: TextStyle {
        guard let record else { return .red }
        switch record.activity {
        case .refuse, .connectionRefused: return .red
        case .gap, .reserveSpent, .prune, .reanchor: return .yellow
        case .open, .checkpoint: return .dim
        default: return record.outcome == .failure ? .red : .plain
        }
    }

    /// The user and the server that the token is good for.
    var login: String {
        guard let record else { return "run: rds-iam audit verify" }
        guard let target = record.target else { return detail(of: record) }
        return "\(target.user)@\(Self.endpoint(target.server, target.serverPort, isShort: true))"
    }

    /// What the log says about itself, shortly.
    private func detail(of record: AuditRecord) -> String {
        let detail = record.detail
        switch record.activity {
        case .gap:
            return "\(detail["events"] ?? "?") events lost, \(detail["issued"] ?? "?") with a token"
        case .prune: return "rows up to \(detail["seq"] ?? "?") deleted"
        case .reanchor: return detail["reason"] ?? "-"
        case .reserveSpent: return "disk full, reserve used up"
        default: return detail["reason"] ?? detail["seq"].map { "after row \($0)" } ?? "-"
        }
    }

    static func endpoint(_ host: String, _ port: Int64, isShort: Bool = false) -> String {
        isShort && port == 5432 ? host : "\(host):\(port)"
    }

    /// The operating system user and the program.
    var actor: String { record.map { "\($0.actor.user) \($0.actor.program)" } ?? "-" }

    /// The role or the account, and the profile if it is known.
    var principal: String {
        guard let credential = record?.credential else { return "-" }
        let name = roleName ?? credential.accountID ?? credential.accessKeyID ?? credential.source
        return credential.profile.map { "\(name) (\($0))" } ?? name
    }

    /// A role's name without the account and the path before it.
    private var roleName: String? {
        record?.credential?.roleARN.map { arn in
            arn.splitBytes(separator: "/").last ?? arn
        }
    }

    /// What a line under the event says: what went wrong, the endpoint that was dialed and the user who was asked for,
    /// if they are others.
    var notes: [String] {
        let target = record?.target
        return [
            record?.errorCode, target?.dialedElsewhere.map { "dialed as \($0)" },
            target?.requestedUser.map { "asked for as \($0)" },
        ].compactMap { $0 }
    }

    /// All of it in one line of fields with a tabulator between, for other programs.
    var fields: String {
        guard let record else { return "\(entry.sequence)\tunreadable" }
        let credential = record.credential
        let fields = [
            String(entry.sequence), record.time.rfc3339, record.activity.rawValue, outcome(of: record),
            record.target.map { "\($0.user)@\(Self.endpoint($0.server, $0.serverPort))" } ?? detail(of: record),
            record.generator,
            record.actor.user, record.actor.program, credential?.roleARN ?? credential?.accountID,
            credential?.profile, credential?.accessKeyID, token(of: record), record.target?.dialedElsewhere,
        ]
        return fields.map { $0?.displayed ?? "-" }.joined(separator: "\t")
    }

    private func outcome(of record: AuditRecord) -> String {
        record.outcome.rawValue + (record.errorCode.map { " (\($0))" } ?? "")
    }

    private func token(of record: AuditRecord) -> String? {
        record.token.map { token in
            "\(token.fingerprint?.prefix(16) ?? "password") until \(token.expiresAt?.rfc3339 ?? "unknown")"
        }
    }
}

extension AuditRecord.Target {
    /// The port that the token is good for.
    var serverPort: Int64 { signingPort ?? port }

    /// The endpoint that was dialed, if it is not the one that the token is good for.
    var dialedElsewhere: String? {
        isDialedElsewhere ? EventText.endpoint(host, port) : nil
    }
}
#endif
