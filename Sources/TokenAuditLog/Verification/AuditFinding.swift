/// One thing that is wrong with a log.
public struct AuditFinding: Sendable, Hashable {
    /// The kind of damage.
    public struct Kind: RawRepresentable, Sendable, Hashable {
        /// The kind's name.
        public let rawValue: String

        /// Creates a kind of that name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// A payload is not the one that was written.
        package static let payloadAltered = Kind(rawValue: "payload-altered")
        /// A row does not follow from the one before it.
        package static let chainBroken = Kind(rawValue: "chain-broken")
        /// Rows are not there.
        package static let rowsMissing = Kind(rawValue: "rows-missing")
        /// Rows are there that have no place in the chain.
        static let rowsSurplus = Kind(rawValue: "rows-surplus")
        /// The log ends before a head that was kept elsewhere.
        package static let truncated = Kind(rawValue: "truncated")
        /// The log holds another row than a head that was kept elsewhere.
        package static let headMismatch = Kind(rawValue: "head-mismatch")
        /// The row of a head that was kept elsewhere is pruned.
        ///
        /// A program that can write the file can delete rows and say that they were pruned. Keep a new head after each
        /// pruning that you know of, and verify with that.
        package static let headPruned = Kind(rawValue: "head-pruned")
        /// A head that was kept elsewhere is of another log.
        package static let foreignHead = Kind(rawValue: "foreign-head")
        /// The log's own checkpoint states another row than the one before it.
        static let checkpointMismatch = Kind(rawValue: "checkpoint-mismatch")
        /// A checkpoint has a signature that is wrong, or another key's.
        static let badSignature = Kind(rawValue: "bad-signature")
        /// A checkpoint is not signed, though a key was given.
        package static let unsignedCheckpoint = Kind(rawValue: "unsigned-checkpoint")
        /// No checkpoint is signed by a key that was given: the log may be another one.
        package static let notSigned = Kind(rawValue: "not-signed")
        /// Rows were deleted and no event in the chain says so.
        static let pruneUnrecorded = Kind(rawValue: "prune-unrecorded")
        /// The tables, their indexes or their guards are not as this version makes them.
        static let schemaAltered = Kind(rawValue: "schema-altered")
        /// An index does not lead to the rows that the table holds.
        package static let indexAltered = Kind(rawValue: "index-altered")
        /// The file's pages are damaged.
        package static let unreadable = Kind(rawValue: "unreadable")
    }

    /// The kind of damage.
    public let kind: Kind
    /// The first row it concerns; 0 if it concerns none.
    public let sequence: Int64
    /// What was found, in words.
    public let message: String
    /// The event that acknowledges it; `nil` if none does.
    public internal(set) var acknowledgedBy: Int64?

    /// A hash of what it was found by; `nil` if it cannot be acknowledged.
    ///
    /// What contradicts a head or a key that was kept elsewhere cannot, nor what can be repaired.
    let evidence: String?

    /// Whether ``AuditLog/reanchor(acknowledging:reason:)`` can acknowledge it.
    package var canBeAcknowledged: Bool { evidence != nil }

    init(_ kind: Kind, at sequence: Int64, _ message: String, evidence: String? = nil) {
        self.kind = kind
        self.sequence = sequence
        self.message = message
        self.evidence = evidence
    }
}

extension AuditFinding {
    /// Whether it contradicts a head or a key that was kept elsewhere.
    var contradictsKept: Bool {
        [.truncated, .headMismatch, .headPruned, .foreignHead, .notSigned].contains(kind)
    }

    /// What it is acknowledged by: kind, row and evidence; `nil` if it cannot be.
    var name: String? { evidence.map { "\(kind.rawValue) \(sequence) \($0)" } }
}
