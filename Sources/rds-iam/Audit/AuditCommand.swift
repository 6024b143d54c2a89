import ArgumentParser

/// `rds-iam audit`: what an auditor asks of the log, and what its keeper does with it.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Inspect and keep the record of every token that was made.",
        discussion: "All but `prune`, `reindex` and `reanchor` change nothing. All may be used while tokens are made.",
        subcommands: [
            AuditListCommand.self, AuditFindTokenCommand.self, AuditStatsCommand.self, AuditVerifyCommand.self,
            AuditHeadCommand.self, AuditExportCommand.self, AuditBackupCommand.self, AuditPruneCommand.self,
            AuditReindexCommand.self, AuditReanchorCommand.self,
        ]
    )
}
