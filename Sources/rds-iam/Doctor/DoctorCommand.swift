#if Command
import ArgumentParser
import AuthTokens
import LoginDoctor
import PGRDSIAM
import RDSIAMSystem
import Synchronization

/// `rds-iam doctor`: says why a login fails.
struct DoctorCommand: AsyncParsableCommand, InterruptibleCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Find out why a login fails.",
        discussion: """
            Walks the path of a login, from the settings to the session, and prints the answer first: what is wrong, and \
            what to do next. It logs in as a program would: with a token, which is recorded, and if the server refuses it, \
            once more with a new one. The report holds no secret and no whole account number, so it can be pasted into \
            a ticket.

              rds-iam doctor -h db.abcdefghijkl.eu-west-2.rds.amazonaws.com -U andrew
              rds-iam doctor --offline "$DATABASE_URL"

            Marks: ✓ passed, ! works, but not as it should, ✗ failed, – not looked at.

            Exit status: 0 the login works, 1 it fails and a cause was found, 2 it fails and the cause is not known, or \
            wrong usage, 3 no login was tried.
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @OptionGroup var options: ExaminationOptions

    @OptionGroup var audit: AuditOptions

    func run() async throws {
        try connection.generators.apply()
        // A settings file that cannot be read is no finding: what it says about the login is not known.
        let report = try await report(try audit.log.settings.loadForExamination())
        try options.print(report)
        try leave(with: report.outcome)
    }

    private func report(_ settings: Settings) async throws -> ExaminationReport {
        do {
            return try await audit.withIssuer { issuer in try await examine(issuer, settings) }
        } catch let error as ValidationError {
            // The options were checked before: it is a variable, or the settings file.
            throw CommandFailure(status: 3, error: error)
        } catch let error where !(error is CancellationError || error is WrongUsage) {
            // An audit log that does not open is a finding: a login with it fails, too.
            let log = UnopenedLog(reason: UnopenedLog.Reason(error))
            return try await examine(TokenIssuer(generators: RDSIAM.generators, audit: .required(log)), settings)
        }
    }

    private func examine(_ issuer: TokenIssuer, _ settings: Settings) async throws -> ExaminationReport {
        var examination = options.examination(issuer, settings)
        examination.repeatedOptions = repeatedOptions
        return try await ExaminationProgress.during { [examination] progress in
            var examination = examination
            examination.progress = progress
            return try await examination.report(on: connection.text, overriding: connection.overriding)
        }
    }
}

extension DoctorCommand {
    /// What a command to run next must be told, too.
    private var repeatedOptions: [[String]] {
        let values = [
            ("--config", audit.log.settings.path), ("--audit-log", audit.log.path), ("--audit", audit.audit?.rawValue),
            ("--signing-key", audit.signing.path),
        ]
        let flags = connection.generators.allowCommand ? [["--allow-command"]] : []
        return values.compactMap { name, value in value.map { [name, $0] } } + flags
    }
}

/// Ends the process with an outcome's exit status: the report has said everything, so nothing goes to standard error.
func leave(with outcome: ExaminationReport.Outcome) throws {
    guard outcome.exitStatus != 0 else { return }
    try StandardStreams.finishOutput()
    exit(outcome.exitStatus)
}

/// Stands for an audit log that could not be opened.
private struct UnopenedLog: TokenAuditRecorder {
    /// Why it could not be opened: the log's own errors, or a signing key's.
    struct Reason: AuditableError, CustomStringConvertible {
        let description: String
        let auditCode: String

        init(_ error: any Error) {
            description = Main.oneLine(error)
            auditCode = error is SigningKeyFailure ? "SigningKeyFailure" : "AuditLogError.unopened"
        }
    }

    let reason: Reason

    func record(_ event: TokenEvent) async throws { throw reason }
}

/// Shows on a terminal which step is being waited for.
private enum ExaminationProgress {
    static func during(
        _ body: (@escaping @Sendable (Step.Name) -> Void) async throws -> ExaminationReport
    ) async throws -> ExaminationReport {
        let current = Mutex<String?>(nil)
        return try await Progress.during("examining", count: { current.withLock { $0 } }) {
            try await body { name in current.withLock { $0 = name.rawValue } }
        }
    }
}
#endif
