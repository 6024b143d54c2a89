import ArgumentParser
import TokenAuditLog

/// `rds-iam audit export`.
struct AuditExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write events in another form, oldest first.",
        discussion: """
            jsonl holds each payload as it is stored, with its hashes: the evidence, which can be verified without the \
            log. csv is for spreadsheets, ocsf for a SIEM (Open Cybersecurity Schema Framework 1.8, Authentication).

            --output says in the end how to go on later: with --after and the last row's number. A file that breaks off \
            is no loss: export it again.
            """
    )

    @Option(help: "jsonl, csv or ocsf.", transform: Self.format)
    var format = AuditExportFormat.jsonLines

    @Option(help: ArgumentHelp("Begin after this row.", valueName: "NUMBER"))
    var after: Int64?

    @Option(
        help: ArgumentHelp("A new file, for its owner alone, instead of standard output.", valueName: "FILE")
    )
    var output: String?

    @OptionGroup var log: AuditLogOption

    func validate() throws {
        if let after, after < 0 { throw ValidationError("--after must be 0 or more.") }
    }

    func run() async throws {
        let reader = try await log.reader()
        let file = try output.map { try OutputFile(creating: $0) } ?? .standard
        let summary = try await reader.export(format, after: after) { try file.write($0) }
        try file.finish()
        guard let output else { return }
        print("\(output): \(summary.rows) rows; go on later with --after \(summary.lastSequence)")
    }

    @Sendable private static func format(_ name: String) throws -> AuditExportFormat {
        guard let format = AuditExportFormat(rawValue: name) else {
            throw ValidationError("It is jsonl, csv or ocsf.")
        }
        return format
    }
}
