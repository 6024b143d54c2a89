public import AuthTokens
public import Foundation

/// Takes passwords from a program: `gcloud`, `az`, `vault` or anything in house.
///
/// The program is started anew for each token and prints the password and a line end, or a JSON object as ``CommandFields`` reads it.
/// It is started without a shell, so nothing in a connection string can become a command; the host, port, user and database reach
/// it as `PGHOST`, `PGPORT`, `PGUSER` and `PGDATABASE`. What it prints never appears in an error.
///
/// ```swift
/// let command = CommandGenerator("gcloud", ["sql", "generate-login-token"], lifetime: .seconds(3600))
/// try command.register(as: "gcloud", in: generators)
/// ```
public struct CommandGenerator: AuthTokenGenerator {
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
    ///   - program: Its path, or its name in the folders of `PATH`.
    ///   - arguments: What it is started with. Connection parameters do not belong here: the same arguments serve all connections.
    ///   - lifetime: How long a password is good for that does not say so itself.
    ///   - fields: Where things are in JSON.
    ///   - limits: How long it may take and how much it may print.
    ///   - environment: Its environment, to which the connection's variables are added.
    ///   - now: The wall clock.
    public init(
        _ program: String,
        _ arguments: [String] = [],
        lifetime: Duration = .seconds(300),
        fields: CommandFields = .standard,
        limits: CommandLimits = .standard,
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

    /// Gives the program a name for connection strings.
    ///
    /// - Throws: `NamedRegistryError` where the name is taken.
    public func register(as name: String, in registry: AuthTokenGeneratorRegistry) throws {
        try registry.add(name) { self }
    }

    /// Starts the program and reads what it prints.
    ///
    /// - Throws: ``CommandGeneratorError``; `CancellationError` where the task is cancelled, which ends the program.
    public func token(for request: AuthTokenRequest) async throws -> AuthToken {
        let signedAt = now()
        let output = try await ChildProgram.output(
            of: program,
            arguments,
            environment: environment(for: request),
            limits: limits
        )
        let password = try CommandOutput(output, fields: fields, now: signedAt)
        return AuthToken(
            value: password.text,
            signedAt: signedAt,
            expiresAt: password.expiresAt ?? signedAt + TimeInterval(lifetime.components.seconds),
            credential: CredentialIdentity(source: "command"),
            user: password.user
        )
    }

    private func environment(for request: AuthTokenRequest) -> [String: String] {
        var environment = environment
        environment["PGHOST"] = request.host
        environment["PGPORT"] = String(request.port)
        environment["PGUSER"] = request.user
        environment["PGDATABASE"] = request.database
        return environment
    }
}

extension CommandGenerator: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The program, without its arguments and environment, which may hold secrets.
    public var description: String { "CommandGenerator(\(program))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without arguments and environment.
    public var customMirror: Mirror { Mirror(self, children: ["program": program]) }
}

/// How long a program may take and how much it may print.
public struct CommandLimits: Sendable, Hashable {
    /// How long it may run; it is killed then, with the processes it has started.
    public var time: Duration = .seconds(30)
    /// How many bytes it may print.
    public var output = 65_536
    /// Whether its standard error goes to this process's; it is dropped otherwise, as it may hold secrets.
    public var showsStandardError = false

    /// The standard limits.
    public init() {}

    /// The standard limits.
    public static let standard = Self()
}
