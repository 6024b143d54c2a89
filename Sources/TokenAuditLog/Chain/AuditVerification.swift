/// What a walk along the chain has found.
public struct AuditVerification: Sendable, Hashable {
    /// What is wrong, in the order of the rows, the first thousand of it.
    public internal(set) var findings: [AuditFinding] = []
    /// How many things are wrong in all.
    public internal(set) var findingCount = 0
    /// How many rows were checked, without those that an unfinished pruning has left.
    public internal(set) var rows: Int64 = 0
    /// The last row that was checked.
    ///
    /// Keep it elsewhere: the next verification can begin there, and must find it again.
    public internal(set) var head: AuditHead

    /// How many of the findings somebody has acknowledged (``AuditLog/reanchor(acknowledging:reason:)``).
    public var acknowledgedCount: Int { findings.count { $0.acknowledgedBy != nil } }

    /// Whether nothing is wrong but what somebody has acknowledged.
    public var isIntact: Bool { findingCount == acknowledgedCount }

    static let mostFindings = 1000

    mutating func add(_ finding: AuditFinding) {
        findingCount += 1
        if findings.count < Self.mostFindings { findings.append(finding) }
    }

    /// Adds what was found in the rows after these.
    mutating func append(_ next: AuditVerification) {
        findingCount += next.findingCount
        findings += next.findings.prefix(Self.mostFindings - findings.count)
        rows += next.rows
        if next.rows > 0 { head = next.head }
    }
}
