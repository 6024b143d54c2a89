#if Command
import ArgumentParser
import AuthTokens
import PGRDSIAM
import RDSIAMSystem
import TokenAuditLog

/// What happens to a token whose record cannot be written.
enum AuditMode: String, ExpressibleByArgument, CaseIterable {
    case required
    case bestEffort = "best-effort"
    case off

    /// What the settings say, or `required` if they say nothing.
    ///
    /// - Throws: What names the variable with a value that is none of these.
    init(_ settings: Settings) throws {
        guard let entry = settings.entry(.auditPolicy) else {
            self = .required
            return
        }
        guard let mode = Self(rawValue: entry.value) else {
            let text = String(reflecting: entry.value)
            throw ValidationError("\(entry.source) is \(text), and must be required, best-effort or off.")
        }
        self = mode
    }
}

/// How tokens are recorded.
struct AuditOptions: ParsableArguments {
    @OptionGroup var log: AuditLogOption

    @Option(
        help: """
            required: no token without a record; best-effort: a token even if its record fails; off: no record (default: \
            $RDS_IAM_AUDIT_POLICY, else required).
            """
    )
    var audit: AuditMode?

    @OptionGroup var signing: SigningKeyOption

    /// Runs `body` with an issuer that knows this command's generators and records as the options say.
    ///
    /// The log is closed afterwards, and a checkpoint confirms its last row.
    ///
    /// - Parameter expectsOneToken: Whether that checkpoint is written together with the token's row. It saves a second
    ///   transaction, and so half of the waiting for the disk.
    func withIssuer<Value: Sendable>(
        expectsOneToken: Bool = false,
        observers: [any TokenObserver] = [],
        _ body: (TokenIssuer) async throws -> Value
    ) async throws -> Value {
        func run(_ policy: AuditPolicy) async throws -> Value {
            let issuer = Self.issuer(policy, observers)
            do {
                let value = try await body(issuer)
                await issuer.recordPendingFailures()
                return value
            } catch {
                await issuer.recordPendingFailures()
                throw error
            }
        }
        let settings = try log.settings.load()
        try settings.apply()
        let mode = try audit ?? AuditMode(settings)
        guard mode != .off else { return try await run(.off) }
        let place = Result { try log.resolved(settings) }
        let path = try? place.get()
        guard let log = try await openLog(place, settings, mode, expectsOneToken) else {
            return try await run(.bestEffort(LostRecords(of: path)))
        }
        guard mode == .bestEffort else { return try await closing(log) { try await run(.required(log)) } }
        do {
            let value = try await run(.bestEffort(WarningRecorder(log: log)))
            LostRecords(of: path).record(await log.close())
            return value
        } catch {
            LostRecords(of: path).record(await log.close())
            throw error
        }
    }

    private static func issuer(_ policy: AuditPolicy, _ observers: [any TokenObserver]) -> TokenIssuer {
        var options = TokenCacheOptions()
        // A user who is asked for a password or a code may take five minutes.
        options.timeout = .seconds(330)
        return TokenIssuer(generators: RDSIAM.generators, audit: policy, cache: options, observers: observers)
    }

    /// Opens the log, or returns `nil` if it cannot be opened and need not be.
    private func openLog(
        _ place: Result<String, any Error>,
        _ settings: Settings,
        _ mode: AuditMode,
        _ expectsOneToken: Bool
    ) async throws -> AuditLog? {
        var configuration = AuditLogConfiguration()
        if expectsOneToken { configuration.checkpointInterval = 1 }
        configuration.signingKey = try signing.key(settings)
        configuration.notify = Self.warn
        do {
            let path = try place.get()
            let log = try await AuditLog.open(path, configuration: configuration)
            try await LostRecords(of: path).settle(in: log)
            return log
        } catch  where mode == .bestEffort {
            WarningRecorder.warn("this token", error)
            return nil
        } catch let error as AuditLogError where Self.isAboutPlace(error) {
            throw UnwritableLog(error: error)
        }
    }

    /// Whether another place for the log may help.
    private static func isAboutPlace(_ error: AuditLogError) -> Bool {
        [.notPermitted, .notFound, .diskFull, .inputOutput, .notAnAuditLog, .sqlite].contains(error.code)
    }

    @Sendable private static func warn(_ notice: AuditLogNotice) {
        guard notice.kind == .reserveSpent else { return }
        Main.printError("rds-iam: warning: the disk with the audit log is full, and its reserve is used up. Make room.")
    }
}

/// The log cannot be written, and without it no token is issued.
private struct UnwritableLog: Error, CustomStringConvertible {
    let error: AuditLogError

    var description: String {
        "\(error) Name another file with --audit-log, or do without a record: --audit best-effort or --audit off."
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

    /// Says that an event is not recorded, and why.
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
#endif
