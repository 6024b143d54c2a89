/// One thing that is wrong with a log.
public struct AuditFinding: Sendable, Hashable {
    /// The kind of damage.
    public struct Kind: RawRepresentable, Sendable, Hashable {
        /// The kind's name.
        public let rawValue: String

        /// Creates a kind of that name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// A payload is not the one that was written.
        public static let payloadAltered = Kind(rawValue: "payload-altered")
        /// A row does not follow from the one before it.
        public static let chainBroken = Kind(rawValue: "chain-broken")
        /// Rows are not there.
        public static let rowsMissing = Kind(rawValue: "rows-missing")
        /// Rows are there that have no place in the chain.
        public static let rowsSurplus = Kind(rawValue: "rows-surplus")
        /// The log ends before a head that was kept elsewhere.
        public static let truncated = Kind(rawValue: "truncated")
        /// The log holds another row than a head that was kept elsewhere.
        public static let anchorMismatch = Kind(rawValue: "anchor-mismatch")
        /// A head that was kept elsewhere is of a row that has been pruned, and can be compared with nothing.
        ///
        /// Whoever can write the file can delete rows and say that they were pruned. Keep a new head after each pruning
        /// that you know of, and verify with that.
        public static let headPruned = Kind(rawValue: "head-pruned")
        /// A head that was kept elsewhere is of another log.
        public static let foreignAnchor = Kind(rawValue: "foreign-anchor")
        /// The log's own checkpoint states another row than the one before it.
        public static let checkpointMismatch = Kind(rawValue: "checkpoint-mismatch")
        /// A checkpoint lacks the signature that was asked for, or has a wrong one.
        public static let badSignature = Kind(rawValue: "bad-signature")
        /// Rows were deleted and no event in the chain says so.
        public static let pruneUnrecorded = Kind(rawValue: "prune-unrecorded")
        /// The tables or their guards are not as this version makes them.
        public static let schemaAltered = Kind(rawValue: "schema-altered")
        /// What is searched differs from what is hashed.
        public static let indexAltered = Kind(rawValue: "index-altered")
        /// The file's pages are damaged.
        public static let unreadable = Kind(rawValue: "unreadable")
    }

    /// The kind of damage.
    public let kind: Kind
    /// The first row it concerns; 0 where it concerns none.
    public let sequence: Int64
    /// What was found, in words.
    public let message: String
    /// The event by which somebody has taken note of it; nil where nobody has.
    public internal(set) var acknowledgedBy: Int64?

    /// What it was found by, hashed; nil where it cannot be acknowledged.
    ///
    /// What contradicts something that was kept elsewhere cannot, nor what can be mended.
    let evidence: String?

    /// Whether ``AuditLog/reanchor(acknowledging:reason:)`` can take note of it.
    public var canBeAcknowledged: Bool { evidence != nil }

    init(_ kind: Kind, at sequence: Int64, _ message: String, evidence: String? = nil) {
        self.kind = kind
        self.sequence = sequence
        self.message = message
        self.evidence = evidence
    }
}
