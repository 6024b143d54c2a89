import ArgumentParser
import TokenAuditLog

/// `rds-iam audit verify`.
struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check that no row was changed, removed or put in.",
        discussion: """
            Prints the log's head when all is well: keep it elsewhere and give it back with --head later, for only a head \
            that was kept elsewhere tells of rows that were cut off at the end. Keep a new one after each `prune` and \
            `reanchor`: a head says nothing of rows that are pruned, and outlasts what is acknowledged after it. Exits with \
            1, one line for each finding, when something is wrong that is not acknowledged.
            """
    )

    @Option(
        help: ArgumentHelp("A head that was kept elsewhere; may be given several times.", valueName: "HEAD"),
        transform: Self.head
    )
    var head: [AuditHead] = []

    @Option(
        help: ArgumentHelp("A head up to which the log has been verified: begin there.", valueName: "HEAD"),
        transform: Self.head
    )
    var from: AuditHead?

    // Text, as what an option of another type cannot read is repeated, and may be the secret half.
    @Option(
        help: ArgumentHelp(
            "A public key of which one must have signed each checkpoint; may be given several times.",
            valueName: "KEY"
        )
    )
    var key: [String] = []

    @Flag(help: "One JSON object with the verdict and the findings.")
    var json = false

    @OptionGroup var log: AuditLogOption

    func validate() throws { _ = try keys() }

    func run() async throws {
        let path = try log.resolved()
        let report = try await log.reader().verify(
            from: from,
            heads: head,
            keys: keys()
        )
        if json {
            try printJSON(VerificationJSON(report))
        } else {
            for finding in report.findings { print(Self.line(finding)) }
        }
        guard report.isIntact else {
            throw DamagedLog(path: path, findings: report.findingCount - report.acknowledgedCount)
        }
        let but = report.acknowledgedCount > 0 ? " but for \(report.acknowledgedCount) acknowledged" : ""
        if !json { print("\(path) is intact\(but): \(report.rows) rows\t\(report.head)") }
    }

    private func keys() throws -> [AuditVerificationKey] {
        try key.map { text in
            guard let key = AuditVerificationKey(text) else {
                throw ValidationError("--key must be a public key of the form NAME+ID+BASE64 (C2SP signed-note).")
            }
            return key
        }
    }

    @Sendable private static func head(_ text: String) throws -> AuditHead {
        guard let head = AuditHead(text) else {
            throw ValidationError("A head is what `rds-iam audit head` prints, in quotes: name, number and hash.")
        }
        return head
    }

    private static func line(_ finding: AuditFinding) -> String {
        let note = finding.acknowledgedBy.map { "\tacknowledged by row \($0)" } ?? ""
        return "row \(finding.sequence)\t\(finding.kind.rawValue)\t\(finding.message)\(note)"
    }
}

/// The verdict that makes `rds-iam audit verify` exit with 1.
struct DamagedLog: Error, CustomStringConvertible {
    let path: String
    let findings: Int

    var description: String {
        "\(path) is not as it was written (findings: \(findings), see above). Keep the file and compare it with a backup."
    }
}

private struct VerificationJSON: Encodable {
    struct Finding: Encodable {
        let row: Int64
        let kind: String
        let message: String
        let acknowledged_by: Int64?
    }

    let intact: Bool
    let rows: Int64
    let head: String
    let finding_count: Int
    let acknowledged_count: Int
    let findings: [Finding]

    init(_ report: AuditVerification) {
        intact = report.isIntact
        rows = report.rows
        head = report.head.description
        finding_count = report.findingCount
        acknowledged_count = report.acknowledgedCount
        findings = report.findings.map {
            Finding(
                row: $0.sequence,
                kind: $0.kind.rawValue,
                message: $0.message,
                acknowledged_by: $0.acknowledgedBy
            )
        }
    }
}
