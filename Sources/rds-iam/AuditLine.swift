import AuthTokens
import TokenAuditLog

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// One event of the audit log in one line for people.
struct AuditLine {
    let text: String

    init(_ entry: AuditEntry) {
        guard let record = entry.record else {
            text = "\(entry.sequence)\tunreadable"
            return
        }
        let fields = [
            record.time.ISO8601Format(), record.activity.rawValue, Self.outcome(record), Self.target(record),
            record.generator ?? "-", record.credential?.accessKeyID ?? "-", Self.token(record),
        ]
        text = fields.joined(separator: "\t")
    }

    private static func outcome(_ record: AuditRecord) -> String {
        record.outcome.rawValue + (record.errorCode.map { " (\($0))" } ?? "")
    }

    private static func target(_ record: AuditRecord) -> String {
        guard let target = record.target else { return "-" }
        return "\(target.user)@\(target.host):\(target.port)".map { $0.isNewline || $0 == "\t" ? "?" : String($0) }
            .joined()
    }

    private static func token(_ record: AuditRecord) -> String {
        guard let token = record.token else { return "-" }
        return "\(token.fingerprint.prefix(16)) until \(token.expiresAt.ISO8601Format())"
    }
}
