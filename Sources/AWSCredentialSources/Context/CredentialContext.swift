import RDSIAMBasics
public import RDSIAMSystem

/// The environment of the credential sources: everything they read, call, wait for or draw from.
///
/// ``system`` is the real one. Tests take it apart and replay what they like:
///
///     var context = CredentialContext.system
///     context.environment = ["AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "not-a-secret"]
///     let credentials = try await EnvironmentCredentialSource(context: context).credentials()
public struct CredentialContext: Sendable {
    /// The environment variables, as they were when the value was made.
    public var environment: [String: String]
    /// The home directory, which `~/` in a path stands for; `nil` if there is none.
    public var homeDirectory: String?
    /// The file system.
    public var files: any FileStore {
        didSet { configuration = SharedConfigurationCache() }
    }
    /// The HTTP client; `nil` if the trait `AsyncHTTPClient` is off and none is given.
    public var http: (any CredentialHTTPClient)?
    /// Starts child processes for `credential_process`.
    public var processes: any ProcessRunner
    /// Looks up the addresses of container hosts.
    package var resolver: any HostResolver
    /// The present, in UTC, by the wall clock: expiration must not stand still while a machine sleeps.
    public var now: @Sendable () -> Date
    /// The time since some moment, for trails and timeouts.
    public var uptime: @Sendable () -> Duration
    /// A number drawn uniformly from `0 ..< 1`, for jitter.
    public var random: @Sendable () -> Double
    /// Waits, and throws `CancellationError` if the task is canceled.
    public var sleep: @Sendable (Duration) async throws -> Void
    /// What helpers and roles may do with the terminal: nothing, unless it is set.
    public var terminal = TerminalAccess()
    /// The shared-configuration files, as far as they have been read.
    private(set) var configuration = SharedConfigurationCache()

    /// Creates a context with the properties of the same names.
    package init(
        environment: [String: String],
        homeDirectory: String?,
        files: any FileStore,
        http: (any CredentialHTTPClient)?,
        processes: any ProcessRunner,
        resolver: any HostResolver,
        now: @escaping @Sendable () -> Date,
        uptime: @escaping @Sendable () -> Duration,
        random: @escaping @Sendable () -> Double,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.environment = environment
        self.homeDirectory = homeDirectory
        self.files = files
        self.http = http
        self.processes = processes
        self.resolver = resolver
        self.now = now
        self.uptime = uptime
        self.random = random
        self.sleep = sleep
    }

    /// The real context, with the environment of this moment.
    public static var system: CredentialContext {
        let environment = ProcessInfo.processInfo.environment
        let start = ContinuousClock.now
        var context = CredentialContext(
            environment: environment,
            homeDirectory: homeDirectory(environment),
            files: SystemFileStore(),
            http: SystemHTTPClient.client(environment),
            processes: SystemProcessRunner(),
            resolver: SystemHostResolver(),
            now: { Date() },
            uptime: { ContinuousClock.now - start },
            random: { Double.random(in: 0..<1) },
            sleep: { try await Task.sleep(for: $0) }
        )
        context.terminal = TerminalAccess.ofProcess
        return context
    }

    /// The directory that `HOME` names, else the account's, as for the AWS CLI: services often run without `HOME`.
    static func homeDirectory(_ environment: [String: String]) -> String? {
        environment["HOME"] ?? Account.current.map { String(decoding: $0.homeDirectory, as: UTF8.self) }
    }
}

extension CredentialContext {
    /// Returns a variable's value, or `nil` if it is unset or blank, as the AWS SDKs treat it.
    func variable(_ name: String) -> String? {
        guard let value = environment.value(name), value.unicodeScalars.contains(where: { !$0.properties.isWhitespace })
        else { return nil }
        return value
    }

    /// Returns whether a variable that switches something is `true`, in whatever case.
    func isOn(_ name: String) -> Bool {
        variable(name)?.trimmed.asciiLowercased() == "true"
    }

    /// Returns a text with `$NAME` and `${NAME}` replaced by the variables' values, as far as these are set.
    func expandingVariables(_ text: String) -> String {
        text.replacing(#/\$(?:(?<name>[A-Za-z0-9_]+)|\{(?<braced>[^}]*)\})/#) { match in
            environment.value(String(match.name ?? match.braced ?? "")) ?? String(match.0)
        }
    }

    /// Returns a path with its leading `~/` replaced, or `nil` if there is no home directory to replace it with.
    func expandingHome(_ path: String) -> String? {
        guard path == "~" || path.hasBytePrefix("~/") else { return path }
        guard let homeDirectory, !homeDirectory.isEmpty else { return nil }
        return homeDirectory + String(path.unicodeScalars.dropFirst())
    }

    /// A number from 0 up to 1, whatever ``random`` answers.
    func draw() -> Double {
        let number = random()
        return number >= 0 ? min(number, 1.0.nextDown) : 0
    }

    /// The time since a reading of ``uptime``, never negative, whatever the clock answers.
    func elapsed(since start: Duration) -> Duration {
        let (difference, overflows) = uptime().attoseconds.subtractingReportingOverflow(start.attoseconds)
        guard !overflows else { return start < .zero ? Duration(attoseconds: .max) : .zero }
        return max(.zero, Duration(attoseconds: difference))
    }
}

extension CredentialContext: CustomReflectable {
    /// A mirror with the names of the environment variables, without their values.
    public var customMirror: Mirror {
        Mirror(self, children: ["environment": environment.keys.sorted(), "homeDirectory": homeDirectory as Any])
    }
}
