import RDSIAMSystem

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
            throw ProcessRunnerError(error.number == ECHILD ? .statusUnknown : .cannotStart)
        } catch is BlockingWork.NoThread {
            throw ProcessRunnerError(.cannotStart)
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
