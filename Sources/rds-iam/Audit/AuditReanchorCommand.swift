import ArgumentParser
import TokenAuditLog

/// `rds-iam audit reanchor`.
struct AuditReanchorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reanchor",
        abstract: "Take note of what `verify` has found, and let the log go on.",
        discussion: """
            What `verify` finds now stays in every report, with the row that acknowledges it, and no longer counts. What is \
            changed later does, and so does what contradicts a head that was kept elsewhere. Keep a copy of the file as it \
            is first, and a new head afterwards: rds-iam audit backup, rds-iam audit head.
            """
    )

    @Option(help: "Who has decided so, and why. It is written into the log.")
    var reason: String

    @OptionGroup var log: AuditLogOption

    func validate() throws {
        guard !reason.isEmpty else { throw ValidationError("--reason must say something.") }
    }

    func run() async throws {
        let writer = try await log.writer()
        print(try await closing(writer) { try await acknowledge(writer) })
    }

    /// Acknowledges the findings, if there are any, in the log.
    private func acknowledge(_ writer: AuditLog) async throws -> String {
        let report = try await log.reader().verify()
        if report.isIntact { return "\(writer.path) is intact: nothing to acknowledge, nothing written" }
        let open = report.findings.filter { $0.acknowledgedBy == nil }
        guard report.findingCount > report.findings.count || open.contains(where: \.canBeAcknowledged) else {
            throw NothingAcknowledged(path: writer.path, findings: open.map(\.kind.rawValue))
        }
        try await writer.reanchor(acknowledging: report, reason: reason)
        return "acknowledged what is wrong up to row \(report.head.sequence)"
    }
}

/// The verdict on a log whose faults can be repaired, or contradict what was kept elsewhere.
private struct NothingAcknowledged: Error, CustomStringConvertible {
    let path: String
    let findings: [String]

    var description: String {
        "What is wrong with \(path) cannot be acknowledged (\(Set(findings).sorted().joined(separator: ", "))). "
            + "See rds-iam audit verify."
    }
}
