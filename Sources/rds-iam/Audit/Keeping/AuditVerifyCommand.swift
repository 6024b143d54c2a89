#if Command
import ArgumentParser
import RDSIAMBasics
import RDSIAMSystem
import TokenAuditLog

/// `rds-iam audit verify`.
struct AuditVerifyCommand: AuditSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check that no row was changed, removed or inserted.",
        discussion: """
            Prints a line for each finding, then the verdict and the chain head. Store the head elsewhere and give it back \
            with --head later: only a head that was stored elsewhere tells of rows that were cut off at the end. Store a new \
            one after each `prune` and `reanchor`: a head says nothing of rows that are pruned. For example:

              rds-iam audit verify --head "$(cat /mnt/elsewhere/head)"

            Exit status: 0 intact, 2 wrong usage, 3 something is wrong that is not acknowledged, 4 another process held the \
            log for too long, 1 it could not be verified.
            """
    )

    @Option(
        help: ArgumentHelp("A head that was stored elsewhere; may be given several times.", valueName: "HEAD"),
        transform: Self.head
    )
    var head: [AuditHead] = []

    @Option(
        help: ArgumentHelp(
            "A head up to which the log has been verified: begin there. The rows before it are not looked at.",
            valueName: "HEAD"
        ),
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

    func validate() throws { _ = try Self.keys(key) }

    func perform() async throws {
        let reader = try await log.reader()
        let keys = try Self.keys(key)
        let report = try await Progress.verifying { [from, head] progress in
            try await reader.verify(from: from, heads: head, keys: keys, progress: progress)
        }
        let text = VerificationText(report, path: reader.path, from: from)
        if json {
            try JSONOutput("verify", text.json).print()
        } else {
            text.lines.forEach { print($0) }
        }
        guard !report.isIntact else { return }
        let findings = report.findingCount - report.acknowledgedCount
        throw CommandFailure(status: 3, error: DamagedLog(path: reader.path, findings: findings))
    }

    static func keys(_ texts: [String]) throws -> [AuditVerificationKey] {
        try texts.map { text in
            guard let key = AuditVerificationKey(text) else {
                throw ValidationError("--key must be a public key of the form NAME+ID+BASE64 (C2SP signed-note).")
            }
            return key
        }
    }

    @Sendable static func head(_ text: String) throws -> AuditHead {
        guard let head = AuditHead(text.trimmingASCIISpace()) else {
            throw ValidationError("A head is what `rds-iam audit head` prints, in quotes: name, number and hash.")
        }
        return head
    }
}

/// The verdict on a log, in words and as JSON.
struct VerificationText {
    private let report: AuditVerification
    private let path: String
    private let start: AuditHead?

    init(_ report: AuditVerification, path: String, from start: AuditHead?) {
        self.report = report
        self.path = path
        self.start = start
    }

    var lines: [String] {
        let findings = report.findings.map { finding in
            let note = finding.acknowledgedBy.map { "\tacknowledged by row \($0)" } ?? ""
            return "row \(finding.sequence)\t\(finding.kind.rawValue)\t\(finding.message.displayed)\(note)"
        }
        let left = report.findingCount - report.findings.count
        let remarks = report.remarks.map { "row \($0.sequence)\tremark\t\($0.message.displayed)" }
        return findings + (left > 0 ? ["and \(left) findings more"] : []) + remarks + notes + verdict
    }

    /// What was not looked at, what is not there to be looked at, and what no key has signed.
    private var notes: [String] {
        let first = (report.pruning?.throughSequence ?? 0) &+ 1
        return [
            report.pruning.map(Self.text),
            report.uncheckedRows > 0 && start != nil
                ? "rows \(first) to \(report.origin.sequence) were not looked at: verify without --from now and then"
                : nil,
            report.rowsAfterSignature.map { "rows after the last signed checkpoint: \($0)" },
        ].compactMap { $0 }
    }

    private static func text(_ pruning: AuditPruneRecord) -> String {
        let actor = pruning.actor.map { " by \($0.user) (\($0.program) on \($0.host))".displayed } ?? ""
        let time = pruning.time.map { " at \($0.rfc3339)" } ?? ""
        let row = pruning.recordedIn.map { ", as row \($0) says" } ?? ", which no row records"
        return "the log begins after row \(pruning.throughSequence): what came before was deleted\(actor)\(time)\(row)"
    }

    private var verdict: [String] {
        guard report.isIntact else { return [] }
        let but = report.acknowledgedCount > 0 ? " but for \(report.acknowledgedCount) acknowledged" : ""
        return ["\(path.displayed) is intact\(but): \(report.rows) rows\t\(report.head)"]
    }

    var json: [String: JSONValue] {
        let findings: [JSONValue] = report.findings.map { finding in
            .object([
                "row": .integer(finding.sequence), "kind": .string(finding.kind.rawValue),
                "message": .string(finding.message),
                "acknowledged_by": finding.acknowledgedBy.map { .integer($0) } ?? .null,
            ])
        }
        return [
            "intact": .bool(report.isIntact), "rows": .integer(report.rows),
            "head": .string(report.head.description), "finding_count": .integer(report.findingCount),
            "acknowledged_count": .integer(report.acknowledgedCount), "findings": .array(findings),
            "begins_after_row": .integer(report.pruning?.throughSequence ?? 0), "pruning": pruning,
            "checked_after_row": .integer(report.origin.sequence), "unchecked_rows": .integer(report.uncheckedRows),
            "rows_after_signature": report.rowsAfterSignature.map { .integer($0) } ?? .null,
            "remarks": .array(
                report.remarks.map { remark in
                    .object([
                        "row": .integer(remark.sequence), "kind": .string(remark.kind.rawValue),
                        "message": .string(remark.message),
                    ])
                }
            ),
        ]
    }

    private var pruning: JSONValue {
        guard let pruning = report.pruning else { return .null }
        return .object([
            "through_row": .integer(pruning.throughSequence),
            "recorded_in_row": pruning.recordedIn.map { .integer($0) } ?? .null, "time": .time(pruning.time),
            "os_user": .text(pruning.actor?.user), "program": .text(pruning.actor?.program),
            "host": .text(pruning.actor?.host),
        ])
    }
}

/// The verdict that makes `rds-iam audit verify` exit with 3.
struct DamagedLog: Error, CustomStringConvertible {
    let path: String
    let findings: Int

    var description: String {
        "\(path) is not as it was written (findings: \(findings), see above). Keep the file and compare it with a backup."
    }
}
#endif
