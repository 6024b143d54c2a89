#if Command
import ArgumentParser
import RDSIAMBasics
import RDSIAMSystem
import Synchronization
import TokenAuditLog

/// `rds-iam audit export`.
struct AuditExportCommand: AuditSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write events in another form, oldest first.",
        discussion: """
            jsonl holds each payload as it is stored, with its hashes: the evidence, which can be verified without the \
            log. csv is for spreadsheets, ocsf for a SIEM (Open Cybersecurity Schema Framework 1.8).

            --state remembers in a file how far it has come, so that the next export goes on there. The file is written \
            last: after a crash some events come twice, and none is left out. For example, each hour for a SIEM:

              rds-iam audit export --format ocsf --state siem.state >> events.json

            The heading comes once: on standard output only with the first export, with --output in each file.

            Without it, --output says in the end how to go on later: with --after and the last row's number. A file that \
            breaks off is no loss: export it again.

            Exit status: 0 done, 2 wrong usage, 4 another process held the log for too long, 1 anything else.
            """
    )

    @Option(help: "jsonl, csv or ocsf.", transform: Self.format)
    var format = AuditExportFormat.jsonLines

    @Option(help: ArgumentHelp("Begin after this row.", valueName: "NUMBER"))
    var after: Int64?

    @Option(
        help: ArgumentHelp("Go on where the last export with this file has ended; made if missing.", valueName: "FILE"),
        completion: .file()
    )
    var state: String?

    @Option(
        help: ArgumentHelp("A new file, for its owner alone, instead of standard output.", valueName: "FILE"),
        completion: .file()
    )
    var output: String?

    @Flag(help: "With --output or --state: say as one JSON object what was written.")
    var json = false

    @OptionGroup var log: AuditLogOption

    func validate() throws {
        if let after, after < 0 { throw ValidationError("--after must be 0 or more.") }
        if after != nil && state != nil { throw ValidationError("Say either --after or --state.") }
        if json && output == nil {
            throw ValidationError("--json needs --output: standard output is for the events.")
        }
    }

    func perform() async throws {
        let reader = try await log.reader()
        let state = self.state.map { ExportState(path: $0) }
        let start = try state?.read()
        let file = try output.map { try OutputFile(creating: $0) } ?? .standard
        let bytes = Mutex(0)
        let written: @Sendable ([UInt8]) throws -> Void = { text in
            try file.write(text)
            bytes.withLock { $0 += text.count }
        }
        let summary = try await Progress.during("exporting", count: { "\(bytes.withLock { $0 } / 1_048_576) MiB" }) {
            [format, after, output] in
            guard let start else { return try await reader.export(format, after: after, to: written) }
            // What goes to standard output is appended to what was printed before; --output makes a new file each time.
            return try await reader.export(format, continuing: start, isAppending: output == nil, to: written)
        }
        try file.finish()
        try state?.write(summary.head)
        try report(summary)
    }

    private func report(_ summary: AuditExportSummary) throws {
        guard let output else { return }
        if json {
            let members: [String: JSONValue] = ["file": .string(output), "rows": .integer(summary.rows)]
            return try JSONOutput("export", summary.head.json.merging(members) { $1 }).print()
        }
        let next = state == nil ? "; go on later with --after \(summary.lastSequence)" : ""
        print("\(output.displayed): \(summary.rows) rows\(next)")
    }

    @Sendable private static func format(_ name: String) throws -> AuditExportFormat {
        guard let format = AuditExportFormat(rawValue: name) else {
            throw ValidationError("It is jsonl, csv or ocsf.")
        }
        return format
    }
}

/// The file that says how far exports have come: the chain head of the last row that was exported.
struct ExportState {
    let path: String

    /// The row after which to go on, or `nil` if there is no file yet.
    func read() throws -> AuditHead? {
        guard access(path, F_OK) == 0 || errno != ENOENT else { return nil }
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)), data.count < 4096,
            let head = AuditHead(String(decoding: data, as: UTF8.self).trimmingASCIISpace())
        else { throw UnusableState(path: path) }
        return head
    }

    /// Replaces the file as a whole: after a crash there is the old one or the new one.
    func write(_ head: AuditHead) throws {
        let draft = path + ".new"
        unlink(draft)
        let file = try OutputFile(creating: draft)
        try file.write(Array("\(head)\n".utf8))
        try file.finish()
        guard rename(draft, path) == 0 else {
            let reason = "The system says: \(String(cString: strerror(errno)))."
            throw WritingFailure(name: path, reason: reason)
        }
    }
}

/// The state of an export cannot be read.
private struct UnusableState: Error, CustomStringConvertible {
    let path: String

    var description: String {
        "\(path.displayed) is not the state of an export. Name another file, or delete it to export from the beginning."
    }
}
#endif
