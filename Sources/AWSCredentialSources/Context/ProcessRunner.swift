import RDSIAMSystem
import Synchronization

/// Starts child processes, as far as `credential_process` needs it.
public protocol ProcessRunner: Sendable {
    /// Runs a command line in a shell and waits for its end.
    ///
    /// Standard output is read while the child process runs. Standard error may hold secrets: it is dropped, or passed
    /// on if the request says so, and never kept.
    ///
    /// - Parameter request: What to run, and within which limits.
    /// - Throws: ``ProcessRunnerError``.
    func run(_ request: ProcessRequest) async throws -> ProcessResult
}

/// A command to run, with its limits.
public struct ProcessRequest: Sendable {
    /// The command line for `/bin/sh -c`.
    public var command: String
    /// The child process's environment variables.
    public var environment: [String: String]
    /// How long the child process may run; it is killed then.
    public var limit: Duration
    /// How many bytes of output to accept.
    public var outputLimit: Int
    /// Whether its standard error goes to that of this process, rather than nowhere.
    public var passesOnErrors: Bool
    /// Whether to lend it the terminal, if this process has one in its foreground: it may ask the user then, and the
    /// keys that send signals reach it.
    public var borrowsTerminal: Bool

    /// Creates a request with the properties of the same names.
    package init(
        _ command: String,
        environment: [String: String],
        limit: Duration = .seconds(60),
        outputLimit: Int = 1 << 20,
        passesOnErrors: Bool = false,
        borrowsTerminal: Bool = false
    ) {
        self.command = command
        self.environment = environment
        self.limit = limit
        self.outputLimit = outputLimit
        self.passesOnErrors = passesOnErrors
        self.borrowsTerminal = borrowsTerminal
    }
}

/// How a child process ended.
public struct ProcessResult: Sendable {
    /// The exit status; 128 plus the signal's number if a signal ended it.
    package var exitStatus: Int32
    /// What it wrote to standard output.
    package var output: [UInt8]
    /// The number of the signal that ended it, or `nil` if none did.
    package var signal: Int32?

    /// Creates a result with the properties of the same names.
    public init(exitStatus: Int32, output: [UInt8], signal: Int32? = nil) {
        self.exitStatus = exitStatus
        self.output = output
        self.signal = signal
    }
}

/// Why a child process brought no result.
///
/// Trying again may help with the codes ``Code/timedOut`` and ``Code/systemBusy``.
public struct ProcessRunnerError: RetryableError, Hashable, CustomStringConvertible {
    /// What went wrong with a child process; more codes may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name, such as `timedOut`.
        public let description: String
        fileprivate let message: String

        /// The shell could not be started.
        public static let cannotStart = Self(
            description: "cannotStart",
            message: "The command could not be started. Check that /bin/sh exists and may be run."
        )
        /// The operating system is short of processes, threads, memory or descriptors.
        public static let systemBusy = Self(
            description: "systemBusy",
            message: "The command could not be started, as the system is busy. Retry later, or raise its limits."
        )
        /// The command ran too long and was killed.
        public static let timedOut = Self(
            description: "timedOut",
            message: "The command did not end in time. Run it in a terminal to see what it waits for."
        )
        /// The command ended, but another part of this program took its exit status.
        package static let statusUnknown = Self(
            description: "statusUnknown",
            message: "The command's exit status is lost. Check whether this program ignores SIGCHLD."
        )
        /// The command was stopped, as it tried to use the terminal, which it was not lent, or by a signal, and was
        /// killed.
        package static let stopped = Self(
            description: "stopped",
            message:
                "The command was stopped, by a signal or as it tried to use the terminal. "
                + "Run it by hand first, or use rds-iam at a terminal."
        )
        /// The command printed too much and was killed.
        public static let tooMuchOutput = Self(
            description: "tooMuchOutput",
            message: "The command printed too much. Let it print the credentials alone."
        )
    }

    /// What went wrong, as a program sees it.
    public let code: Code

    /// Creates an error.
    ///
    /// - Parameter code: What went wrong.
    public init(_ code: Code) {
        self.code = code
    }

    /// What went wrong and what to do, without the command's arguments or output.
    public var message: String { code.message }

    /// Whether the same call may succeed later although nothing is changed.
    public var isRetryable: Bool { [.timedOut, .systemBusy].contains(code) }

    /// The same as ``message``.
    public var description: String { message }
}

/// Runs child processes of the operating system.
struct SystemProcessRunner: ProcessRunner {
    /// Creates the runner.
    init() {}

    /// Runs a command line in `/bin/sh`, and reads its output while it runs.
    ///
    /// The call ends with the shell: a process that the shell leaves behind may hold the output open and is not waited
    /// for. At the limit, and if the task is canceled, the shell is killed together with what it has started.
    func run(_ request: ProcessRequest) async throws -> ProcessResult {
        do {
            let result = try await ChildProcess.run(
                "/bin/sh",
                ["-c", request.command],
                environment: request.environment,
                standardError: request.passesOnErrors ? .inherited : .discarded,
                borrowsTerminal: request.borrowsTerminal,
                limit: request.limit,
                outputLimit: request.outputLimit
            )
            return switch result.status {
            case .exited(let status): ProcessResult(exitStatus: status, output: result.output)
            case .signaled(let signal):
                ProcessResult(exitStatus: 128 + signal, output: result.output, signal: signal)
            }
        } catch let failure as ChildProcess.RunFailure {
            switch failure {
            case .timedOut: throw ProcessRunnerError(.timedOut)
            case .tooMuchOutput: throw ProcessRunnerError(.tooMuchOutput)
            case .stopped: throw ProcessRunnerError(.stopped)
            }
        } catch let error as ChildProcess.SystemFailure {
            guard !error.isRetryable else { throw ProcessRunnerError(.systemBusy) }
            throw ProcessRunnerError(error.number == ECHILD ? .statusUnknown : .cannotStart)
        } catch is BlockingWork.NoThread {
            throw ProcessRunnerError(.systemBusy)
        }
    }
}

/// What helpers and roles may do with the terminal of this process.
public struct TerminalAccess: Sendable {
    /// Whether what helpers write to standard error goes to that of this process.
    public var showsErrorsOfHelpers = false
    /// Whether helpers may ask the user at the terminal, if this process has one in its foreground.
    public var isLentToHelpers = false
    /// Asks the user for a code of the MFA device with this serial number or ARN, or `nil` if there is no way to ask.
    public var mfaCode: (@Sendable (_ serialNumber: String) async throws -> String)?

    /// Creates an access that allows nothing, as fits a server.
    public init() {}

    private static let shared = Mutex(TerminalAccess())

    /// What ``CredentialContext/system`` allows.
    ///
    /// A command at a terminal sets it when it starts. It is one for the whole process, as the terminal is.
    public static var ofProcess: TerminalAccess {
        get { shared.withLock { $0 } }
        set { shared.withLock { $0 = newValue } }
    }
}

extension ProcessResult: CustomReflectable {
    /// A mirror with the status and the size of the output.
    public var customMirror: Mirror {
        Mirror(self, children: ["exitStatus": exitStatus, "bytes": output.count])
    }
}
