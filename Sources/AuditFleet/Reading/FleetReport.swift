package import RDSIAMSystem
package import TokenAuditLog

extension AuditReport {
    /// Creates a report on a fleet.
    ///
    /// - Parameters:
    ///   - statistics: What happened in the period (``Fleet/statistics(since:until:host:progress:)``).
    ///   - verification: What a verification of the fleet has found.
    ///   - since: The beginning of the period; `nil` for the fleet's.
    ///   - until: The end of the period; `nil` for the fleet's.
    ///   - time: When the report is made.
    package init(
        _ statistics: AuditStatistics,
        verification: FleetVerification,
        since: Date?,
        until: Date?,
        at time: Date
    ) {
        let shared = verification.problems.map(\.message)
        let logs = verification.chains.enumerated().map { index, chain in
            ReportedLog(
                name: "\(chain.host.host): \(chain.host.path)",
                verification: chain.verification,
                // What concerns no single log stands with the first.
                problems: chain.problems.map(\.message) + (index == 0 ? shared : []),
                notes: chain.retirements.map(\.words)
                    + chain.verification.remarks.filter { $0.kind == .accepted }.map {
                        "Row \($0.sequence): \($0.message)"
                    }
            )
        }
        self.init(statistics, logs: logs, since: since, until: until, at: time)
    }
}
