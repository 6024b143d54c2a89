public import AuthTokens
import RDSIAMBasics
public import RDSIAMSystem

/// Takes passwords from a program: `gcloud`, `az`, `vault` or one of your company.
///
/// The program is started once for each token and prints the password and a line end, or a JSON object as
/// ``CommandFields`` describes it. It is started without a shell, so nothing in a connection string can become a
/// command; the host, port, user and database reach it as `PGHOST`, `PGPORT`, `PGUSER` and `PGDATABASE`. What it prints
/// never appears in an error.
///
/// ```swift
/// try generators.add("gcloud") { CommandPasswordGenerator("gcloud", ["sql", "generate-login-token"]) }
/// ```
public struct CommandPasswordGenerator: AuthTokenGenerator {
    let program: String
    let arguments: [String]
    let environment: [String: String]
    let lifetime: Duration
    let fields: CommandFields
    let limits: CommandLimits
    let now: @Sendable () -> Date

    /// Describes a program.
    ///
    /// - Parameters:
    ///   - program: Its path, or its name in the directories of `PATH`.
    ///   - arguments: Its arguments. Connection parameters do not belong here: the same arguments serve all
    ///     connections.
    ///   - lifetime: How long a password is cached if the output states no expiry. When the server stops accepting it
    ///     is then not known.
    ///   - fields: Where the password and the rest stand in JSON.
    ///   - limits: How long it may take and how much it may print.
    ///   - environment: Its environment, to which the connection's variables are added.
    ///   - now: The wall clock.
    public init(
        _ program: String,
        _ arguments: [String] = [],
        lifetime: Duration = .seconds(300),
        fields: CommandFields = CommandFields(),
        limits: CommandLimits = CommandLimits(),
        environment: [String: String] = ProcessInfo.processInfo.environment,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.lifetime = lifetime
        self.fields = fields
        self.limits = limits
        self.now = now
    }

    /// Starts the program and reads what it prints.
    ///
    /// - Throws: ``CommandGeneratorError``; `CancellationError` if the task is canceled, which ends the program.
    public func token(for request: AuthTokenRequest) async throws -> AuthToken {
        let signedAt = now()
        let output = try await output(environment: environment(for: request))
        let password = try CommandOutput(output, fields: fields, now: signedAt)
        return AuthToken(
            value: password.text,
            signedAt: signedAt,
            expiresAt: password.expiresAt,
            reusableUntil: password.expiresAt ?? signedAt + lifetime.seconds,
            credential: CredentialIdentity(source: "command"),
            user: password.user
        )
    }

    private func environment(for request: AuthTokenRequest) throws(CommandGeneratorError) -> [String: String] {
        let texts = [request.host, request.user, request.database ?? ""]
        // An environment variable ends at a NUL, so the program would make a password for another user.
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw CommandGeneratorError(
                .cannotStart,
                "The host, the user or the database holds a NUL character, which no program can receive. Remove it."
            )
        }
        var environment = environment
        environment["PGHOST"] = request.host
        environment["PGPORT"] = String(request.port)
        environment["PGUSER"] = request.user
        environment["PGDATABASE"] = request.database
        return environment
    }

    /// What the program prints before it ends with status 0.
    private func output(environment: [String: String]) async throws -> [UInt8] {
        guard let path else {
            throw CommandGeneratorError(
                .cannotStart,
                "There is no program \(String(reflecting: program)). Install it or name its path."
            )
        }
        do {
            let result = try await ChildProcess.run(
                path,
                arguments,
                environment: environment,
                standardError: limits.showsStandardError ? .inherited : .discarded,
                borrowsTerminal: limits.lendsTerminal,
                limit: limits.time,
                outputLimit: limits.output
            )
            guard result.status != .exited(0) else { return result.output }
            throw CommandGeneratorError(
                .failed,
                "The program \(String(reflecting: path)) ended with \(Self.text(of: result.status)). Run it by hand to see why."
            )
        } catch let failure as ChildProcess.RunFailure {
            throw error(for: failure)
        } catch let failure as ChildProcess.SystemFailure {
            throw failure.function == "waitpid" ? Self.lostStatus(path) : Self.error(for: failure.number, path)
        } catch let failure as BlockingWork.NoThread {
            throw Self.error(for: failure.number, path)
        }
    }

    private static func lostStatus(_ path: String) -> CommandGeneratorError {
        CommandGeneratorError(
            .cannotStart,
            "How the program \(String(reflecting: path)) ended is not known, as this process ignores SIGCHLD. Do not ignore it."
        )
    }

    /// The path of the program, or `nil` if there is none that may be started.
    private var path: String? {
        let candidates =
            program.containsBytes("/")
            ? [program] : (environment["PATH"] ?? "").splitBytes(separator: ":").map { "\($0)/\(program)" }
        return candidates.first(where: FileManager.default.isExecutableFile(atPath:))
    }

    private static func text(of status: ChildProcess.Status) -> String {
        switch status {
        case .exited(let code): "status \(code)"
        case .signaled(let signal): "signal \(signal)"
        }
    }

    private func error(for failure: ChildProcess.RunFailure) -> CommandGeneratorError {
        switch failure {
        case .timedOut:
            CommandGeneratorError(
                .timedOut,
                "The program \(String(reflecting: program)) did not end within \(limits.time). Raise the limit or retry."
            )
        case .stopped:
            CommandGeneratorError(
                .failed,
                "The program \(String(reflecting: program)) was stopped, as it tried to use the terminal. Run it by hand first."
            )
        case .tooMuchOutput:
            CommandGeneratorError(
                .tooMuchOutput,
                "The program \(String(reflecting: program)) printed more than \(limits.output) bytes. Raise the limit."
            )
        }
    }

    private static func error(for number: Int32, _ path: String) -> CommandGeneratorError {
        let isBusy = isShortage(number)
        return CommandGeneratorError(
            isBusy ? .systemBusy : .cannotStart,
            "The program \(String(reflecting: path)) cannot be started: \(String(cString: strerror(number))). "
                + (isBusy ? "Retry later." : "Check the file and its permissions.")
        )
    }
}

extension CommandPasswordGenerator: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The program, without its arguments and environment, which may hold secrets.
    public var description: String { "CommandPasswordGenerator(\(program))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without arguments and environment.
    public var customMirror: Mirror { Mirror(self, children: ["program": program]) }
}

/// How long a program may take and how much it may print.
public struct CommandLimits: Sendable, Hashable {
    /// How long it may run; then it is killed, with the processes it has started.
    public var time: Duration = .seconds(30)
    /// How many bytes it may print.
    public var output = 65_536
    /// Whether its standard error goes to that of this process; otherwise it is discarded, as it may hold secrets.
    package var showsStandardError = false
    /// Whether it may ask at the terminal of this process, if there is one; without it, a program that tries is stopped
    /// by the system, which ends the call.
    package var lendsTerminal = false

    /// The standard limits.
    public init() {}
}
