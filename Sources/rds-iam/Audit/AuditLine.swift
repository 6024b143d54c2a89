import AuthTokens
import RDSIAMSystem
import TokenAuditLog

/// One event of the audit log in one line for people.
struct AuditLine {
    let text: String

    init(_ entry: AuditEntry) {
        guard let record = entry.record else {
            text = "\(entry.sequence)\tunreadable"
            return
        }
        let fields = [
            record.time.rfc3339, record.activity.rawValue, Self.outcome(record), Self.target(record),
            record.generator ?? "-", record.credential?.accessKeyID ?? "-", Self.token(record),
        ]
        text = fields.map(Self.cell).joined(separator: "\t")
    }

    private static func outcome(_ record: AuditRecord) -> String {
        record.outcome.rawValue + (record.errorCode.map { " (\($0))" } ?? "")
    }

    private static func target(_ record: AuditRecord) -> String {
        record.target.map { "\($0.user)@\($0.host):\($0.port)" } ?? "-"
    }

    /// Returns a text fit for a line of fields: characters that end a line or a field, or move a terminal's cursor, are
    /// shown as question marks.
    static func cell(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory.isControl ? "?" : $0 }))
    }

    private static func token(_ record: AuditRecord) -> String {
        guard let token = record.token else { return "-" }
        return "\(token.fingerprint?.prefix(16) ?? "password") until \(token.expiresAt?.rfc3339 ?? "unknown")"
    }
}

extension Unicode.GeneralCategory {
    fileprivate var isControl: Bool {
        [.control, .format, .lineSeparator, .paragraphSeparator].contains(self)
    }
}
