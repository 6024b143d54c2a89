#if Command
import ArgumentParser
import RDSIAMBasics
import RDSIAMSystem
import TokenAuditLog

/// Which file is the audit log.
struct AuditLogOption: ParsableArguments {
    @Option(
        name: .customLong("audit-log"),
        help: ArgumentHelp(
            "The audit log (default: $RDS_IAM_AUDIT_LOG, else rds-iam/audit.sqlite in $XDG_STATE_HOME or ~/.local/state).",
            valueName: "PATH"
        ),
        completion: .file()
    )
    var path: String?

    @OptionGroup var settings: SettingsOption

    /// The file that the option or the settings name, or the default.
    func resolved() throws -> String { try resolved(settings.load()) }

    func resolved(_ settings: Settings) throws -> String { try path ?? settings[.auditLog] ?? Self.standardPath() }

    /// The file if nothing names one.
    ///
    /// - Throws: ``HomelessLog``.
    static func standardPath() throws -> String {
        if let state = ProcessInfo.processInfo.environment["XDG_STATE_HOME"], state.hasBytePrefix("/") {
            return state + "/rds-iam/audit.sqlite"
        }
        guard let home = HomeDirectory.path else {
            throw HomelessLog()
        }
        return home + "/.local/state/rds-iam/audit.sqlite"
    }

    /// The log, open for reading only.
    ///
    /// If a writer has crashed, it says that a copy is read.
    func reader() async throws -> AuditLogReader {
        let reader = try await AuditLogReader.open(resolved())
        if await reader.isReadingCopy {
            Main.printError("rds-iam: note: a writer of the log has crashed; what it has left is read from a copy.")
        }
        return reader
    }

    /// The log, open for maintenance, which also recovers it after a writer's crash.
    ///
    /// A missing log is an error and is not created. A checkpoint is written if there is a key to sign it; if not, the
    /// next writer's checkpoint confirms these rows too.
    func writer(_ signing: SigningKeyOption) async throws -> AuditLog {
        let settings = try settings.load()
        var configuration = AuditLogConfiguration()
        configuration.createsFile = false
        configuration.signingKey = try signing.key(settings)
        configuration.recordsOpenAndClose = configuration.signingKey != nil
        configuration.checkpointInterval = 0
        configuration.idleCheckpoint = nil
        return try await AuditLog.open(resolved(settings), configuration: configuration)
    }
}

/// Nothing names the audit log, and there is no home directory to look for it in.
struct HomelessLog: Error, CustomStringConvertible {
    var description: String {
        """
        There is no home directory for the audit log. Name a file with --audit-log or RDS_IAM_AUDIT_LOG, or make tokens \
        without a record: --audit best-effort or --audit off.
        """
    }
}

/// The home directory of the user who runs this process.
enum HomeDirectory {
    /// What `HOME` says, else the system's user database; `nil` if neither does.
    static var path: String? {
        if let home = ProcessInfo.processInfo.environment["HOME"], !home.isEmpty { return home }
        return Account.current.flatMap { String(validating: $0.homeDirectory, as: UTF8.self) }
            .flatMap { $0.isEmpty ? nil : $0 }
    }
}
#endif
