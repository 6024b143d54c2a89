/// What a walk along the chain has found.
public struct AuditVerification: Sendable, Hashable {
    /// All that is wrong, in the order of the rows.
    ///
    /// Empty where the log is intact.
    public var findings: [AuditFinding] = []
    /// How many rows were checked.
    public var rows: Int64 = 0
    /// The last row that was checked.
    ///
    /// Keep it elsewhere: the next verification can begin there.
    public var head: AuditHead

    /// Whether nothing is wrong.
    public var isIntact: Bool { findings.isEmpty }
}

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
        /// Rows were deleted and no event in the chain says so.
        public static let pruneUnrecorded = Kind(rawValue: "prune-unrecorded")
        /// The tables or their guards are not as this version makes them.
        public static let schemaAltered = Kind(rawValue: "schema-altered")
        /// The file's pages are damaged.
        public static let unreadable = Kind(rawValue: "unreadable")
    }

    /// The kind of damage.
    public let kind: Kind
    /// The first row it concerns; 0 where it concerns none.
    public let sequence: Int64
    /// What was found, in words.
    public let message: String
}
