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
        /// The log ends before a head that was kept elsewhere.
        public static let truncated = Kind(rawValue: "truncated")
        /// The log holds another row than a head that was kept elsewhere.
        public static let anchorMismatch = Kind(rawValue: "anchor-mismatch")
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

    init(_ kind: Kind, at sequence: Int64, _ message: String) {
        self.kind = kind
        self.sequence = sequence
        self.message = message
    }
}
