import AuthTokens

/// An event by which the log speaks of itself.
struct LogStatement: Sendable {
    let sequence: Int64
    let record: AuditRecord
    var activity: TokenEvent.Activity { record.activity }
    var detail: [String: String] { record.detail }

    /// Canonical payloads begin with their activity, so most rows need no parsing.
    private static let beginning = Array(#"{"activity":"audit."#.utf8)

    static func isLikely(_ payload: UnsafeRawBufferPointer) -> Bool {
        // The byte after `{"activity":"` tells `audit.` from `token.` and `connection.`.
        payload.count > beginning.count && payload[13] == beginning[13]
            && payload.starts(with: beginning)
    }

    init?(_ payload: UnsafeRawBufferPointer, sequence: Int64) {
        guard let record = CanonicalJSONParser.parse([UInt8](payload)).flatMap(AuditRecord.init(payload:)) else {
            return nil
        }
        self.sequence = sequence
        self.record = record
    }

    /// Whether it says which row comes before it.
    var statesHead: Bool { [.open, .checkpoint, .reanchor].contains(activity) }

    /// Whether it matters to rows far from it.
    var isLasting: Bool { [.prune, .reanchor].contains(activity) }

    /// Whether it speaks of this row.
    func states(_ head: AuditHead) -> Bool {
        detail["seq"].flatMap(Int64.init) == head.sequence
            && detail["chain"].flatMap(Hexadecimal.decode).flatMap({ Digest($0) }) == head.digest
    }

    /// Whether a checkpoint's note is one of these keys' and states this row.
    func isSigned(by keys: [AuditVerificationKey], stating head: AuditHead) -> Bool {
        guard let note = detail["note"] else { return false }
        return keys.contains { (try? AuditHead(note: note, signedBy: $0)) == head }
    }
}

/// What the log's own `audit.reanchor` events acknowledge.
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

    /// The event that acknowledges a finding; `nil` if none does that counts.
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
