import RDSIAMSystem

/// Starts child processes, as far as `credential_process` needs it.
public protocol ProcessRunner: Sendable {
    /// Runs a command line in a shell and waits for its end.
    ///
    /// Standard output is read while the child runs; standard error is kept apart from it and dropped, as it may hold secrets.
    ///
    /// - Parameters:
    ///   - command: The command line for `/bin/sh -c`.
    ///   - environment: The child's environment variables.
    ///   - limit: How long the child may run; it is killed then.
    ///   - outputLimit: How many bytes of output to accept.
    /// - Throws: ``ProcessRunnerError``.
    func run(
        _ command: String,
        environment: [String: String],
        limit: Duration,
        outputLimit: Int
    ) async throws -> ProcessResult
}

/// How a child process ended.
public struct ProcessResult: Sendable {
    /// The exit status; 128 plus the signal's number where a signal ended it.
    public var exitStatus: Int32
    /// What it wrote to standard output.
    public var output: [UInt8]

    /// Creates a result.
    ///
    /// - Parameters:
    ///   - exitStatus: The exit status.
    ///   - output: What it wrote to standard output.
    public init(exitStatus: Int32, output: [UInt8]) {
        self.exitStatus = exitStatus
        self.output = output
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
        public static let statusUnknown = Self(
            description: "statusUnknown",
            message: "The command's exit status is lost. Check whether this program ignores SIGCHLD."
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
public struct SystemProcessRunner: ProcessRunner {
    /// Creates the runner.
    public init() {}

    /// Runs a command line in `/bin/sh`, reads its output while it runs and drops its standard error.
    ///
    /// The call ends with the shell: a process that the shell leaves behind may hold the output open and is not waited
    /// for. At the limit, and if the task is canceled, the shell is killed together with what it has started.
    public func run(
        _ command: String,
        environment: [String: String],
        limit: Duration,
        outputLimit: Int
    ) async throws -> ProcessResult {
        do {
            let result = try await ChildProcess.run(
                "/bin/sh",
                ["-c", command],
                environment: environment,
                limit: limit,
                outputLimit: outputLimit
            )
            return ProcessResult(exitStatus: result.status.shellStatus, output: result.output)
        } catch ChildProcess.RunFailure.timedOut {
            throw ProcessRunnerError(.timedOut)
        } catch ChildProcess.RunFailure.tooMuchOutput {
            throw ProcessRunnerError(.tooMuchOutput)
        } catch let error as ChildProcess.SystemFailure {
            guard !error.isRetryable else { throw ProcessRunnerError(.systemBusy) }
            throw ProcessRunnerError(error.number == ECHILD ? .statusUnknown : .cannotStart)
        } catch is BlockingWork.NoThread {
            throw ProcessRunnerError(.systemBusy)
        }
    }
}

extension ChildProcess.Status {
    /// The status as a shell counts it: 128 plus the signal's number if a signal ended the process.
    fileprivate var shellStatus: Int32 {
        switch self {
        case .exited(let status): status
        case .signaled(let signal): 128 + signal
        }
    }
}
