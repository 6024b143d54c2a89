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
public struct ProcessRunnerError: Error, Sendable, Hashable {
    /// What went wrong, without the command's arguments or output.
    public var reason: String

    /// Creates an error.
    ///
    /// - Parameter reason: What went wrong.
    public init(reason: String) {
        self.reason = reason
    }

    /// The shell could not be started.
    public static let cannotStart = Self(reason: "could not be started")
    /// The child ran too long.
    public static let timedOut = Self(reason: "did not end in time")
    /// The child ended, but its status went to somebody else.
    public static let statusUnknown = Self(
        reason: "ended with a status that this program does not get to see: does it ignore SIGCHLD?"
    )
    /// The child wrote too much.
    public static let tooMuchOutput = Self(reason: "wrote too much")
}
