import AuthTokens

/// An event by which the log speaks of itself.
struct LogStatement: Sendable {
    let sequence: Int64
    let activity: TokenEvent.Activity
    let detail: [String: String]

    /// Canonical payloads begin with their activity, so most rows need no parsing.
    private static let beginning = Array(#"{"activity":"audit."#.utf8)

    static func isLikely(_ payload: UnsafeRawBufferPointer) -> Bool {
        // The byte after `{"activity":"` tells `audit.` from `token.` and `connection.`.
        payload.count > beginning.count && payload[13] == beginning[13]
            && payload.starts(with: beginning)
    }

    init?(_ payload: UnsafeRawBufferPointer, sequence: Int64) {
        guard
            let record = CanonicalJSONParser.parse([UInt8](payload)).flatMap(AuditRecord.init(payload:))
        else {
            return nil
        }
        self.sequence = sequence
        self.activity = record.activity
        self.detail = record.detail
    }

    /// Whether it says which row comes before it.
    var statesHead: Bool { [.open, .checkpoint, .reanchor].contains(activity) }

    /// The row it speaks of.
    var head: AuditHead.Mark? {
        guard let sequence = detail["seq"].flatMap(Int64.init),
            let digest = detail["chain"].flatMap(Hexadecimal.decode).flatMap({ Digest($0) })
        else { return nil }
        return AuditHead.Mark(sequence: sequence, digest: digest)
    }

    /// Whether it matters to rows far from it.
    var isLasting: Bool { [.prune, .reanchor].contains(activity) }

    /// What is wrong with a checkpoint's signature; nil where nothing is, or where none is asked for.
    func problem(with keys: [AuditVerificationKey], position: AuditHead) -> String? {
        guard activity == .checkpoint, !keys.isEmpty else { return nil }
        guard let note = detail["note"] else { return "The checkpoint is not signed." }
        let heads = keys.compactMap { try? AuditHead(note: note, signedBy: $0) }
        return heads.contains(position) ? nil : "The checkpoint's signature is wrong, or another key's."
    }
}

extension AuditHead {
    /// A row and its chain hash, in whatever log.
    struct Mark: Hashable {
        let sequence: Int64
        let digest: Digest
    }

    var mark: Mark { Mark(sequence: sequence, digest: digest) }
}
