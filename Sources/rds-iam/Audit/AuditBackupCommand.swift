import ArgumentParser
import TokenAuditLog

/// `rds-iam audit backup`.
struct AuditBackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the log to a new file, while it is in use.",
        discussion: """
            Do not copy the file by other means while tokens are made: rows may be missing from such a copy. Prints the \
            copy's head; `rds-iam audit verify --audit-log FILE` checks it.
            """
    )

    @Argument(help: "The copy, which must not exist.")
    var file: String

    @OptionGroup var log: AuditLogOption

    func run() async throws { print("\(file)\t\(try await log.reader().backUp(to: file))") }
}
