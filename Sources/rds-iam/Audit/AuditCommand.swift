import ArgumentParser

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

            What --json prints is described in Fixtures/audit/JSON.md.
            """,
        subcommands: [
            AuditListCommand.self, AuditShowCommand.self, AuditStatsCommand.self, AuditReportCommand.self,
            AuditFindTokenCommand.self, AuditVerifyCommand.self, AuditHeadCommand.self, AuditExportCommand.self,
            AuditBackupCommand.self, AuditPruneCommand.self, AuditReanchorCommand.self, AuditKeyCommand.self,
        ]
    )
}
