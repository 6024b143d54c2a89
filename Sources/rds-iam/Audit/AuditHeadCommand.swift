import ArgumentParser
import TokenAuditLog

/// `rds-iam audit head`.
struct AuditHeadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "head",
        abstract: "Print the last row's number and hash, to be kept elsewhere.",
        discussion: """
            Prints the log's name, the row's sequence number and its chain hash. Keep it where the log's writers cannot \
            change it, and give it to `rds-iam audit verify --head` later.
            """
    )

    @OptionGroup var log: AuditLogOption

    func run() async throws { print(try await log.reader().head()) }
}
