#if Command
import ArgumentParser
import AuditFleet
import RDSIAMBasics
import RDSIAMSystem
import Synchronization
import TokenAuditLog

/// `rds-iam audit fleet verify`.
struct FleetVerifyCommand: FleetSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every chain of the fleet again: that no row was changed, removed or inserted.",
        discussion: """
            The hashes are computed here; the database is trusted with nothing but the bytes. Prints a line for each finding, \
            also for those that `status` shows as open, then each log's verdict with its head. Store the heads elsewhere, one a line, and give them back with --heads: \
            only heads that were stored elsewhere tell of a fleet that was rewritten as a whole. For example:

              rds-iam audit fleet verify CONNINFO --heads heads.txt

            Exit status: 0 intact, 2 wrong usage, 3 something is wrong that is not acknowledged, 4 the database could not be \
            reached and may be later, 1 it could not be verified.
            """
    )

    @OptionGroup var fleet: FleetOptions

    @Option(
        help: ArgumentHelp("A file with heads that were stored elsewhere, one a line.", valueName: "FILE"),
        completion: .file()
    )
    var heads: [String] = []

    @Option(
        help: ArgumentHelp("A head that was stored elsewhere; may be given several times.", valueName: "HEAD"),
        transform: AuditVerifyCommand.head
    )
    var head: [AuditHead] = []

    @Option(help: ArgumentHelp("A public key of which one must have signed each checkpoint.", valueName: "KEY"))
    var key: [String] = []

    @Flag(help: "One JSON object with the verdict and the findings.")
    var json = false

    func validate() throws { _ = try AuditVerifyCommand.keys(key) }

    func perform() async throws {
        let heads = try head + heads.flatMap(Self.heads(in:))
        let keys = try AuditVerifyCommand.keys(key)
        let verification = try await FleetVerifyCommand.verify(fleet, heads: heads, keys: keys)
        let text = FleetVerificationText(verification)
        if json { try JSONOutput("fleet.verify", text.json).print() } else { text.lines.forEach { print($0) } }
        if verification.chains.isEmpty {
            Main.printError("No log was shipped to this fleet yet: see `rds-iam audit ship`.")
        }
        guard !verification.isIntact else { return }
        throw CommandFailure(status: 3, error: UnsoundFleet(description: text.verdict(seen: "see above")))
    }

    static func verify(
        _ fleet: FleetOptions,
        heads: [AuditHead],
        keys: [AuditVerificationKey] = []
    ) async throws -> FleetVerification {
        try await Progress.verifying { progress in
            try await fleet.withFleet { try await $0.verify(heads: heads, keys: keys, progress: progress) }
        }
    }

    /// The heads in a file, one at least; blank lines do not count.
    static func heads(in path: String) throws -> [AuditHead] {
        let file = path.displayed
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw ValidationError("The file of heads \(file) cannot be read, or is not UTF-8 text.")
        }
        var heads: [AuditHead] = []
        for (index, line) in text.splitBytes(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.trimmingASCIISpace()
            if line.isEmpty { continue }
            guard let head = AuditHead(line) else {
                throw ValidationError("Line \(index + 1) of \(file) is no head, as `rds-iam audit head` prints it.")
            }
            heads.append(head)
        }
        guard !heads.isEmpty else {
            throw ValidationError("The file \(file) has no head. Write one a line, as `rds-iam audit head` prints it.")
        }
        return heads
    }
}

/// The verdict on a fleet, in words and as JSON.
struct FleetVerificationText {
    private let verification: FleetVerification
    private let names: FleetLogNames

    init(_ verification: FleetVerification) {
        self.verification = verification
        names = FleetLogNames(verification.chains.map(\.host))
    }

    var lines: [String] {
        verification.problems.map { "fleet\t\($0.kind)\t\($0.message.displayed)" }
            + verification.chains.flatMap(lines)
            + (verification.isIntact
                ? ["The fleet is intact. Logs: \(verification.chains.count), rows: \(verification.rows)"] : [])
    }

    private func lines(_ chain: FleetVerification.Chain) -> [String] {
        let report = chain.verification
        let name = names.name(of: chain.host.logID, on: chain.host.host).displayed
        let findings = report.findings.map { finding in
            let note = finding.acknowledgedBy.map { "\tacknowledged by row \($0)" } ?? ""
            return "\(name)\trow \(finding.sequence)\t\(finding.kind.rawValue)\t\(finding.message.displayed)\(note)"
        }
        let left = report.findingCount - report.findings.count
        let problems = chain.problems.map { "\(name)\trow \($0.sequence)\t\($0.kind)\t\($0.message.displayed)" }
        let retired = chain.retirements.map { "\(name)\tretired\t\($0.words.displayed)" }
        let remarks = report.remarks.map { "\(name)\trow \($0.sequence)\tremark\t\($0.message.displayed)" }
        let begin =
            chain.host.beginsAfter > 0
            ? ["\(name)\tbegins after row \(chain.host.beginsAfter), which was pruned before it was shipped"] : []
        let but = report.acknowledgedCount > 0 ? " but for \(report.acknowledgedCount) acknowledged" : ""
        let verdict =
            chain.isIntact
            ? "\(name)\tintact\(but): \(report.rows) rows\t\(report.head)"
            : "\(name)\tnot intact (findings: \(chain.openCount)): \(report.rows) rows"
        return findings + (left > 0 ? ["\(name)\tand \(left) findings more"] : []) + problems + remarks + begin
            + retired + [verdict]
    }

    func verdict(seen place: String) -> String {
        let problems = verification.problems + verification.chains.flatMap(\.problems)
        let numbers = problems.compactMap(\.finding).sorted().prefix(3).map { "\($0)" }.joined(separator: " ")
        let accepting =
            numbers.isEmpty
            ? "" : " Accept what is explained, by its number: rds-iam audit fleet resume CONNINFO \(numbers)."
        return "The fleet is not as it was written (findings: \(verification.openCount), \(place)). "
            + "Compare it with the hosts' logs.\(accepting)"
    }

    var json: [String: JSONValue] {
        let chains: [JSONValue] = verification.chains.map { chain in
            let members: [String: JSONValue] = [
                "host": .string(chain.host.host), "path": .string(chain.host.path),
                "retired_rows": .integer(chain.retiredRows),
                "retired": .array(chain.retirements.map { .string($0.words) }),
                "intact": .bool(chain.isIntact),
                "problems": .array(chain.problems.map(Self.json)),
            ]
            let report = VerificationText(chain.verification, path: chain.host.path, from: nil).json
            return .object(report.merging(members) { $1 })
        }
        return [
            "intact": .bool(verification.isIntact), "rows": .integer(verification.rows), "logs": .array(chains),
            "problems": .array(verification.problems.map(Self.json)), "open_count": .integer(verification.openCount),
        ]
    }

    private static func json(_ problem: FleetVerification.Problem) -> JSONValue {
        .object([
            "kind": .string(problem.kind), "row": .integer(problem.sequence), "message": .string(problem.message),
            "finding": problem.finding.map { .integer($0) } ?? .null,
        ])
    }
}
#endif
