public import TokenAuditLog

/// What a verification of all chains has found.
public struct FleetVerification: Sendable, Hashable {
    /// A log of the fleet, and what was found in it.
    public struct Chain: Sendable, Hashable {
        /// The host and its log.
        public let host: FleetHost
        /// What a walk along its rows has found, as for a log in a file.
        public let verification: AuditVerification
        /// How many rows were not walked, as they were retired.
        package internal(set) var retiredRows: Int64 = 0
        /// Each month of it that was retired.
        package internal(set) var retirements: [FleetRetirement] = []
        /// What is wrong beside the chain itself.
        public internal(set) var problems: [Problem] = []

        /// Whether nothing is wrong but what is acknowledged.
        public var isIntact: Bool { verification.isIntact && problems.isEmpty }

        /// How many things are wrong and not acknowledged.
        package var openCount: Int {
            verification.findingCount - verification.acknowledgedCount + problems.count
        }
    }

    /// Something that is wrong with the database itself, or did not fit when it arrived.
    public struct Problem: Sendable, Hashable {
        /// The kind: `partition-missing`, `partition-unknown`, `chain-unknown`, `foreign-head`, `rows-surplus`,
        /// `column-altered`, or the kind of an open finding.
        public let kind: String
        /// The row it concerns; 0 if it concerns none.
        public let sequence: Int64
        /// What it is, in words.
        public let message: String
        /// The number of the open finding; `nil` if this verification has found it.
        package let finding: Int64?

        init(kind: String, sequence: Int64, message: String) {
            (self.kind, self.sequence, self.message, finding) = (kind, sequence, message, nil)
        }

        init(_ finding: FleetFinding) {
            (kind, sequence, self.finding) = (finding.kind, finding.sequence, finding.number)
            message = "Finding \(finding.number) is open: \(finding.message)"
        }
    }

    /// All logs, in the order of their hosts.
    public internal(set) var chains: [Chain] = []
    /// What is wrong with the tables, and with heads of logs that the fleet does not have.
    public internal(set) var problems: [Problem] = []

    /// How many rows were walked.
    public var rows: Int64 { chains.reduce(0) { $0 + $1.verification.rows } }
    /// How many things are wrong and not acknowledged.
    package var openCount: Int { chains.reduce(problems.count) { $0 + $1.openCount } }
    /// Whether nothing is wrong but what is acknowledged.
    public var isIntact: Bool { openCount == 0 }
}
