import ArgumentParser

/// `rds-iam audit`: inspects and maintains the audit log.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Inspect and keep the record of every token that was made.",
        discussion: "All but `prune` and `reanchor` change nothing. All may be used while tokens are made.",
        subcommands: [
            AuditListCommand.self, AuditFindTokenCommand.self, AuditStatsCommand.self, AuditVerifyCommand.self,
            AuditHeadCommand.self, AuditExportCommand.self, AuditBackupCommand.self, AuditPruneCommand.self,
            AuditReanchorCommand.self,
        ]
    )
}
