import ArgumentParser
import AuthTokens
import PGRDSIAM
import RDSIAMSystem
import TokenAuditLog

/// Which file is the audit log.
struct AuditLogOption: ParsableArguments {
    @Option(
        name: .customLong("audit-log"),
        help: ArgumentHelp(
            "The audit log (default: $RDS_IAM_AUDIT_LOG, else rds-iam/audit.sqlite in $XDG_STATE_HOME or ~/.local/state).",
            valueName: "PATH"
        )
    )
    var path: String?

    /// The file that the option or the environment names, or the default.
    func resolved() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        if let path = path ?? environment["RDS_IAM_AUDIT_LOG"], !path.isEmpty { return path }
        if let state = environment["XDG_STATE_HOME"], state.hasBytePrefix("/") {
            return state + "/rds-iam/audit.sqlite"
        }
        guard let home = environment["HOME"], !home.isEmpty else {
            throw ValidationError("HOME is not set. Name the audit log with --audit-log or RDS_IAM_AUDIT_LOG.")
        }
        return home + "/.local/state/rds-iam/audit.sqlite"
    }

    /// The log, open for reading only.
    func reader() async throws -> AuditLogReader { try await AuditLogReader.open(resolved()) }

    /// The log, open for maintenance, which also recovers it after a writer's crash.
    ///
    /// A missing log is an error and is not created. No checkpoint is written: this command cannot sign it, and the
    /// next writer's checkpoint confirms these rows too.
    func writer() async throws -> AuditLog {
        var configuration = AuditLogConfiguration()
        configuration.createsFile = false
        configuration.recordsOpenAndClose = false
        configuration.checkpointInterval = 0
        configuration.idleCheckpoint = nil
        return try await AuditLog.open(resolved(), configuration: configuration)
    }
}

/// What happens to a token whose record cannot be written.
enum AuditMode: String, ExpressibleByArgument, CaseIterable {
    case required
    case bestEffort = "best-effort"
    case off
}

/// How tokens are recorded.
struct AuditOptions: ParsableArguments {
    @OptionGroup var log: AuditLogOption

    @Option(
        help: """
            required: no token without a record; best-effort: a token even if its record fails; off: no record.
            """
    )
    var audit = AuditMode.required

    /// Runs `body` with an issuer that knows this command's generators and records as the options say.
    ///
    /// The log is closed afterwards, which confirms its last row.
    func withIssuer<Value: Sendable>(_ body: (TokenIssuer) async throws -> Value) async throws -> Value {
        guard let log = try await openLog() else { return try await body(issuer(.off)) }
        let policy = audit == .bestEffort ? AuditPolicy.bestEffort(WarningRecorder(log: log)) : .required(log)
        return try await closing(log) { try await body(issuer(policy)) }
    }

    private func issuer(_ policy: AuditPolicy) -> TokenIssuer {
        TokenIssuer(generators: PGRDSIAM.generators, audit: policy)
    }

    private func openLog() async throws -> AuditLog? {
        switch audit {
        case .off: return nil
        case .required: return try await AuditLog.open(log.resolved())
        case .bestEffort:
            do {
                return try await AuditLog.open(log.resolved())
            } catch {
                WarningRecorder.warn("this token", error)
                return nil
            }
        }
    }
}

/// Warns of each event that cannot be recorded.
private struct WarningRecorder: TokenAuditRecorder {
    let log: AuditLog

    func record(_ event: TokenEvent) async throws {
        do {
            try await log.record(event)
        } catch {
            Self.warn(event.activity == .issue ? "this token" : "this event: \(event.activity.rawValue)", error)
            throw error
        }
    }

    static func warn(_ what: String, _ error: any Error) {
        Main.printError("rds-iam: warning: no record is kept of \(what): \(Main.oneLine(error))")
    }
}

/// Runs `body` and closes the log, however it ends.
func closing<Value: Sendable>(_ log: AuditLog, _ body: () async throws -> Value) async throws -> Value {
    do {
        let value = try await body()
        await log.close()
        return value
    } catch {
        await log.close()
        throw error
    }
}
