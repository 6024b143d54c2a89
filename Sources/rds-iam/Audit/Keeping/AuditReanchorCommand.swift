#if Command
import ArgumentParser
import RDSIAMSystem
import TokenAuditLog

/// `rds-iam audit reanchor`.
struct AuditReanchorCommand: AuditSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "reanchor",
        abstract: "Acknowledge what `verify` has found, and let the log go on.",
        discussion: """
            What `verify` finds now stays in every report, with the row that acknowledges it, and no longer counts. What is \
            changed later does, and so does what contradicts a head that was stored elsewhere. Before it, copy the file as \
            it is; after it, store a new head:

              rds-iam audit backup before.sqlite
              rds-iam audit reanchor --reason "restored from the backup of Monday, Andrew"
              rds-iam audit head

            Exit status: 0 done, 2 wrong usage, 4 another process held the log for too long, 1 anything else.
            """
    )

    @Option(help: "Who has decided so, and why. It is written into the log.")
    var reason: String

    @Flag(help: "One JSON object.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "As with `verify`: a checkpoint that is not signed is acknowledged too.",
            valueName: "KEY"
        )
    )
    var key: [String] = []

    @OptionGroup var signing: SigningKeyOption

    @OptionGroup var log: AuditLogOption

    func validate() throws {
        guard !reason.isEmpty else { throw ValidationError("--reason must say something.") }
        _ = try AuditVerifyCommand.keys(key)
    }

    func perform() async throws {
        let writer = try await log.writer(signing)
        let report = try await closing(writer) { try await acknowledge(writer) }
        let path = writer.path.displayed
        if json {
            let members: [String: JSONValue] = [
                "acknowledged": .bool(report != nil), "through_row": report.map { .integer($0.head.sequence) } ?? .null,
            ]
            try JSONOutput("reanchor", members).print()
        } else if let report {
            print("acknowledged what is wrong up to row \(report.head.sequence)")
        } else {
            print("\(path) is intact: nothing to acknowledge, nothing written")
        }
    }

    /// Acknowledges the findings in the log, or returns `nil` if there are none.
    private func acknowledge(_ writer: AuditLog) async throws -> AuditVerification? {
        let reader = try await log.reader()
        let keys = try AuditVerifyCommand.keys(key)
        let report = try await Progress.verifying { try await reader.verify(keys: keys, progress: $0) }
        if report.isIntact { return nil }
        let open = report.findings.filter { $0.acknowledgedBy == nil }
        guard report.findingCount > report.findings.count || open.contains(where: \.canBeAcknowledged) else {
            throw NothingAcknowledged(path: writer.path, findings: open.map(\.kind.rawValue))
        }
        try await writer.reanchor(acknowledging: report, reason: reason)
        return report
    }
}

/// The verdict on a log whose faults can be repaired, or contradict what was stored elsewhere.
private struct NothingAcknowledged: Error, CustomStringConvertible {
    let path: String
    let findings: [String]

    var description: String {
        "What is wrong with \(path) cannot be acknowledged (\(Set(findings).sorted().joined(separator: ", "))). "
            + "See rds-iam audit verify."
    }
}
#endif
