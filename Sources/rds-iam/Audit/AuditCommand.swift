#if Command
import ArgumentParser
import TokenAuditLog

/// `rds-iam audit`: inspects and maintains the audit log.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Inspect and maintain the record of every token that was issued.",
        discussion: """
            Only `prune` and `reanchor` change the log. All may be used while tokens are issued. For example, what has \
            happened in the last two hours, and a page to show to others:

              rds-iam audit list --since 2h
              rds-iam audit report november.html --since 2026-11-01 --until 2026-12-01

            Exit status: 0 done, 2 wrong usage, 3 `verify` found something, 4 another process held the log for too long, \
            1 anything else. `find-token` has its own: 1 not known, 5 could not look.

            What --json prints is described in Fixtures/audit/JSON.md of the repository.
            """,
        subcommands: [
            AuditListCommand.self, AuditShowCommand.self, AuditStatsCommand.self, AuditReportCommand.self,
            AuditFindTokenCommand.self, AuditVerifyCommand.self, AuditHeadCommand.self, AuditExportCommand.self,
            AuditBackupCommand.self, AuditPruneCommand.self, AuditReanchorCommand.self, AuditKeyCommand.self,
            AuditShipCommand.self, FleetCommand.self,
        ]
    )
}

/// A subcommand of `rds-iam audit`, which ends with a status that a script can tell apart.
protocol AuditSubcommand: AsyncParsableCommand {
    /// What the command does.
    func perform() async throws

    /// The status with which the process ends after an error that is not about the arguments.
    func exitStatus(after error: any Error) -> Int32
}

extension AuditSubcommand {
    func run() async throws {
        do {
            try await perform()
        } catch let error where error is ValidationError || error is CommandFailure || error is CancellationError {
            throw error
        } catch {
            throw CommandFailure(status: exitStatus(after: error), error: error)
        }
    }

    /// 4 if another process held the log for too long, so that the same command may succeed later; else 1.
    func exitStatus(after error: any Error) -> Int32 { (error as? AuditLogError)?.code == .busy ? 4 : 1 }
}

/// An error, and the status with which the process ends.
struct CommandFailure: Error, CustomStringConvertible {
    let status: Int32
    let error: any Error

    var description: String { String(describing: error) }
}
#endif
