public import RDSIAMSystem

/// What a walk along the chain has found.
public struct AuditVerification: Sendable, Hashable {
    /// What is wrong, in the order of the rows, the first thousand of it.
    ///
    /// What contradicts a head or a key that was kept elsewhere is always among them.
    public internal(set) var findings: [AuditFinding] = []
    /// How many things are wrong in all.
    package internal(set) var findingCount = 0
    /// What is not wrong and worth knowing, in the order of the rows, the first thousand of it.
    public internal(set) var remarks: [AuditRemark] = []
    /// How many rows were checked, without those that an unfinished pruning has left.
    public internal(set) var rows: Int64 = 0
    /// The last row that was checked.
    ///
    /// Keep it elsewhere: the next verification can begin there, and must find it again.
    public internal(set) var head: AuditHead
    /// The row after which the checked rows begin: the last pruned row, the head that the verification began at, or
    /// row 0.
    package internal(set) var origin: AuditHead
    /// The last pruning; `nil` if the log was never pruned.
    public internal(set) var pruning: AuditPruneRecord?
    /// How many rows follow the last checkpoint that a given key has signed; `nil` if no key was given.
    ///
    /// A program that can write the file can change these rows unnoticed.
    package internal(set) var rowsAfterSignature: Int64?

    init(from origin: AuditHead) {
        self.origin = origin
        self.head = origin
    }

    /// How many rows the log holds, or has held, that this verification did not look at: those up to ``origin``.
    package var uncheckedRows: Int64 { max(0, origin.sequence &- (pruning?.throughSequence ?? 0)) }

    /// How many of the findings are acknowledged (``AuditLog/reanchor(acknowledging:reason:)``).
    package var acknowledgedCount: Int { findings.count { $0.acknowledgedBy != nil } }

    /// Whether nothing is wrong but what is acknowledged.
    ///
    /// A log that was pruned can be intact: see ``pruning`` for where it begins.
    public var isIntact: Bool { findingCount == acknowledgedCount }

    static let most = 1000

    mutating func add(_ finding: AuditFinding) {
        findingCount += 1
        if findings.count < Self.most || finding.contradictsKept { findings.append(finding) }
    }

    /// Makes remarks of findings, from an index on, that were accepted: rows that do not follow from those before them.
    mutating func accept(from index: Int, _ acceptance: String) {
        let candidates = findings[index...]
        findings.removeSubrange(index...)
        for finding in candidates {
            if [.chainBroken, .payloadAltered, .checkpointMismatch].contains(finding.kind) {
                findingCount -= 1
                add(AuditRemark(.accepted, at: finding.sequence, "\(finding.message) \(acceptance)"))
            } else {
                findings.append(finding)
            }
        }
    }

    mutating func add(_ remark: AuditRemark) {
        if remarks.count < Self.most { remarks.append(remark) }
    }
}

/// What the log itself says about its last pruning.
public struct AuditPruneRecord: Sendable, Hashable {
    /// The last pruned row: the log begins after it.
    public let throughSequence: Int64
    /// The row of the event that records the pruning; `nil` if there is none, which is a finding.
    package internal(set) var recordedIn: Int64?
    /// When it was pruned.
    public internal(set) var time: Date?
    /// Who pruned it.
    public internal(set) var actor: AuditActor?
}

/// Something about a log that is not wrong and worth knowing.
public struct AuditRemark: Sendable, Hashable {
    /// The kind of remark.
    public struct Kind: RawRepresentable, Sendable, Hashable {
        /// The kind's name.
        public let rawValue: String

        /// Creates a kind of that name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// A row is more than a minute older than the one before it: a clock was set back, or ahead before.
        package static let timeWentBack = Kind(rawValue: "time-went-back")
        /// The log says that events could not be recorded.
        package static let eventsLost = Kind(rawValue: "events-lost")
        /// The disk was so full that the room held back for this was needed.
        package static let reserveSpent = Kind(rawValue: "reserve-spent")
        /// The log was read from a copy, as a writer has crashed; see ``AuditLogReader/isReadingCopy``.
        package static let recovered = Kind(rawValue: "recovered")
        /// The row of a head that was kept elsewhere was retired from a copy, so that it cannot be compared.
        package static let headRetired = Kind(rawValue: "head-retired")
        /// A row of a copy does not follow, or rows are not there, and people have accepted that.
        package static let accepted = Kind(rawValue: "accepted")
        /// The indexes were not compared with the rows, as the log was pruned during the verification.
        static let indexUnchecked = Kind(rawValue: "index-unchecked")
    }

    /// The kind of remark.
    public let kind: Kind
    /// The row it concerns; 0 if it concerns none.
    public let sequence: Int64
    /// The remark in words.
    public let message: String

    init(_ kind: Kind, at sequence: Int64, _ message: String) {
        self.kind = kind
        self.sequence = sequence
        self.message = message
    }
}
