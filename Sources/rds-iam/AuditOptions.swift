import ArgumentParser
import AuthTokens
import PGRDSIAM
import TokenAuditLog

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

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

    /// The file that the option, the environment or the custom of the platform names.
    func resolved() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        if let path = path ?? environment["RDS_IAM_AUDIT_LOG"], !path.isEmpty { return path }
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + "/rds-iam/audit.sqlite" }
        guard let home = environment["HOME"], !home.isEmpty else {
            throw ValidationError("HOME is not set: name the audit log with --audit-log or RDS_IAM_AUDIT_LOG.")
        }
        return home + "/.local/state/rds-iam/audit.sqlite"
    }
}

/// What becomes of a token whose record cannot be written.
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
            required: no token without a record; best-effort: a token also where its record fails; off: no record.
            """
    )
    var audit = AuditMode.required

    /// An issuer that knows this command's generators and records as the options say.
    func issuer() async throws -> TokenIssuer {
        TokenIssuer(generators: PGRDSIAM.generators, audit: try await policy())
    }

    private func policy() async throws -> AuditPolicy {
        switch audit {
        case .off: return .off
        case .required: return .required(try await AuditLog.open(log.resolved()))
        case .bestEffort:
            guard let log = try? await AuditLog.open(log.resolved()) else { return .off }
            return .bestEffort(log)
        }
    }
}
