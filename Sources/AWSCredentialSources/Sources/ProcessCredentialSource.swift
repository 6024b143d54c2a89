import RDSIAMSystem

/// A command that prints credentials (`credential_process`).
///
/// It runs in a shell and must end within a minute with status 0, or within five if it may ask the user at the terminal
/// (``TerminalAccess``). Neither its arguments nor its output appear in an error.
public struct ProcessCredentialSource: AWSCredentialSource {
    private let command: String
    /// The profile that names the command, or `nil` if code does.
    var profile: String?
    /// The account to name if the command names none.
    var accountID: String?
    private let context: CredentialContext

    /// Creates the source.
    ///
    /// - Parameters:
    ///   - command: The command line for `/bin/sh -c`.
    ///   - context: The environment.
    public init(_ command: String, context: CredentialContext = .system) {
        self.command = command
        self.context = context
    }

    /// ``AWSCredentialSourceKind/process``.
    public var kind: AWSCredentialSourceKind { .process }

    /// Runs the command and reads its output.
    ///
    /// - Throws: ``AWSCredentialError``: `processFailed`, `timedOut`, `invalidResponse` for output that is not version
    ///   1 of the format, or `expired`.
    public func credentials() async throws -> AWSCredentials {
        let result = try await run()
        guard result.exitStatus == 0 else {
            let end = result.signal.map { "was ended by signal \($0)" } ?? "ended with status \(result.exitStatus)"
            let hint =
                context.terminal.showsErrorsOfHelpers ? "See what it wrote above" : "Run it in a terminal to see why"
            throw AWSCredentialError(.processFailed, "The credential_process\(origin) \(end). \(hint).")
        }
        guard let members = JSONValue.object(result.output), members.integer("Version") == 1 else {
            let fault = "The credential_process printed something other than JSON with \"Version\": 1. Correct it."
            throw AWSCredentialError(.invalidResponse, fault)
        }
        let name = "What the credential_process\(origin) printed"
        var credentials = try CredentialDocument(members: members, name: name, advice: " Correct the command.")
            .credentials(.init(source: .process, profile: profile))
        credentials.accountID = credentials.accountID ?? accountID
        return try credentials.refusingExpired(at: context.now())
    }

    /// The profile, for messages.
    private var origin: String { profile.map { " of the profile '\($0)'" } ?? "" }

    private func run() async throws -> ProcessResult {
        // A user takes longer than a program.
        let seconds = context.terminal.isLentToHelpers ? 300 : 60
        do {
            let request = ProcessRequest(
                command,
                environment: context.environment,
                limit: .seconds(seconds),
                passesOnErrors: context.terminal.showsErrorsOfHelpers,
                borrowsTerminal: context.terminal.isLentToHelpers
            )
            return try await context.processes.run(request)
        } catch let error as ProcessRunnerError where error.code == .timedOut {
            throw AWSCredentialError(
                .timedOut,
                "The credential_process\(origin) did not end in \(seconds) s. Run it in a terminal to see what it waits "
                    + "for.",
                underlyingError: error
            )
        } catch {
            try CancellationError.rethrow(error)
            let reason = (error as? ProcessRunnerError).map { " failed. \($0.message)" }
            throw AWSCredentialError(
                .processFailed,
                "The credential_process\(origin)" + (reason ?? " failed with \(type(of: error))."),
                underlyingError: error
            )
        }
    }
}

extension ProcessCredentialSource: CustomReflectable {
    /// A mirror without the command.
    public var customMirror: Mirror { Mirror(self, children: ["profile": profile as Any]) }
}
