/// What the log's own `audit.reanchor` events have taken note of.
///
/// Such an event lists findings by name: kind, row and evidence, with a space between; a comma between two. The
/// evidence changes with what was found, so that whatever is changed later is a finding of its own.
struct Acknowledgements {
    /// The events' member that holds the list.
    static let key = "acknowledged"

    /// By the finding's name, the rows of the events that list it.
    private var rows: [ByteText: [Int64]] = [:]

    init(_ statements: [LogStatement]) {
        for statement in statements where statement.activity == .reanchor {
            for name in statement.detail[Self.key]?.splitBytes(separator: ",") ?? [] {
                rows[ByteText(name), default: []].append(statement.sequence)
            }
        }
    }

    /// The event that has taken note of a finding; nil where none has that counts.
    ///
    /// A later event cannot take back what a head says that was kept elsewhere: of the rows up to that head, only what
    /// was acknowledged before the head was taken.
    func row(for finding: AuditFinding, heads: [AuditHead]) -> Int64? {
        guard let name = finding.name else { return nil }
        return rows[ByteText(name)]?.first { row in
            finding.sequence < row
                && !heads.contains { finding.sequence > 0 && finding.sequence <= $0.sequence && $0.sequence < row }
        }
    }
}

extension AuditFinding {
    /// What it is acknowledged by; nil where it cannot be.
    var name: String? { evidence.map { "\(kind.rawValue) \(sequence) \($0)" } }
}
