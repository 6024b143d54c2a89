#if Command
import ArgumentParser
import RDSIAMSystem
import TokenAuditLog

/// `rds-iam audit backup`.
struct AuditBackupCommand: AuditSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the log to a new file, while it is in use.",
        discussion: """
            Do not copy the file by other means while tokens are issued: rows may be missing from such a copy. Prints the \
            copy's name and its chain head. For example:

              rds-iam audit backup /backup/audit-2026-11-28.sqlite
              rds-iam audit verify --audit-log /backup/audit-2026-11-28.sqlite

            Exit status: 0 done, 2 wrong usage, 4 another process held the log for too long, 1 anything else.
            """
    )

    @Argument(help: "The copy, which must not exist.", completion: .file())
    var file: String

    @Flag(help: "One JSON object.")
    var json = false

    @OptionGroup var log: AuditLogOption

    func perform() async throws {
        let reader = try await log.reader()
        let head = try await Progress.during("copying") { [file] in try await reader.backUp(to: file) }
        guard json else { return print("\(file.displayed)\t\(head)") }
        try JSONOutput("backup", head.json.merging(["file": .string(file)]) { $1 }).print()
    }
}
#endif
