/// What a walk has found, and what it has heard on the way.
struct WalkReport: Sendable {
    var report: AuditVerification
    /// What the log itself says about what was pruned and acknowledged.
    var statements: [LogStatement] = []
    /// The heads kept elsewhere whose rows were there, and have been compared.
    var met: Set<AuditHead> = []

    init(from start: AuditHead) { report = AuditVerification(head: start) }

    /// Adds a walk along the rows after these.
    mutating func append(_ next: WalkReport) {
        report.append(next.report)
        statements += next.statements
        met.formUnion(next.met)
    }
}
