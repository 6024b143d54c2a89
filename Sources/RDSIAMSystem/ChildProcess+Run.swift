import RDSIAMBasics
import Synchronization

extension ChildProcess {
    /// What a child process printed, and how it ended.
    package struct Result: Sendable {
        package let status: Status
        package let output: [UInt8]
    }

    /// Why a run was given up; the child process has been killed.
    package enum RunFailure: RetryableError, CustomStringConvertible {
        /// It ran longer than its limit.
        case timedOut
        /// It printed more than its limit.
        case tooMuchOutput
        /// It was stopped, as is any that reads the terminal in the background.
        case stopped

        package var message: String {
            switch self {
            case .timedOut: "The child process did not end in time. Run its command in a terminal to see why."
            case .stopped:
                "The child process was stopped, by a signal or as it tried to use the terminal. Run its command by hand."
            case .tooMuchOutput: "The child process printed too much. Raise the limit or let it print less."
            }
        }
        package var isRetryable: Bool { self == .timedOut }
        package var description: String { message }
    }

    /// Runs a program to its end and returns what it printed.
    ///
    /// The run ends with the program itself: a process that it leaves behind may hold the pipe open and is not waited
    /// for. The output is read while the program runs, as it would wait for ever on a full pipe.
    ///
    /// Ctrl-C at a lent terminal reaches this process as well, as it would had the terminal not been lent.
    ///
    /// - Parameters:
    ///   - path: The program's path; `PATH` is not searched.
    ///   - arguments: What follows the program's name.
    ///   - environment: All of its environment.
    ///   - standardError: Where its standard error goes.
    ///   - borrowsTerminal: Whether to lend it the terminal of this process, if this process has one in its foreground.
    ///   - limit: How long it may run.
    ///   - outputLimit: How many bytes it may print.
    /// - Throws: ``SystemFailure`` if it cannot be started; ``RunFailure``; `CancellationError` if the task is
    ///   canceled.
    package static func run(
        _ path: String,
        _ arguments: [String],
        environment: [String: String],
        standardError: StandardError = .discarded,
        borrowsTerminal: Bool = false,
        limit: Duration,
        outputLimit: Int
    ) async throws -> Result {
        let deadline = ContinuousClock.now + limit
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await BlockingWork.run {
                var child = try ChildProcess(
                    path,
                    arguments,
                    environment: environment,
                    standardError: standardError,
                    borrowsTerminal: borrowsTerminal
                )
                let result = try child.collect(until: deadline, outputLimit: outputLimit, cancellation)
                let isInterrupted = child.hasTerminal && result.status == .signaled(SIGINT)
                // Its end returns the terminal.
                _ = consume child
                if isInterrupted { try interruptJob(cancellation) }
                return result
            }
        } onCancel: {
            cancellation.isRequested.store(true, ordering: .relaxed)
        }
    }

    private final class Cancellation: Sendable {
        let isRequested = Atomic(false)
    }

    /// Sends SIGINT to this process and the others of its job, and waits for it to cancel the task, which may come late
    /// on a busy machine.
    private static func interruptJob(_ cancellation: Cancellation) throws {
        kill(0, SIGINT)
        for _ in 0..<500 {
            if cancellation.isRequested.load(ordering: .relaxed) { throw CancellationError() }
            poll(nil, 0, slice)
        }
    }

    /// How often, in milliseconds, the limits and the end are looked at.
    private static let slice: Int32 = 20

    private mutating func collect(
        until deadline: ContinuousClock.Instant,
        outputLimit: Int,
        _ cancellation: Cancellation
    ) throws -> Result {
        var output: [UInt8] = []
        var isOpen = true
        while true {
            if cancellation.isRequested.load(ordering: .relaxed) { throw CancellationError() }
            guard ContinuousClock.now < deadline else { throw RunFailure.timedOut }
            // What was written before the end is in the pipe once the end is seen.
            let wait = try hasEnded() ? 0 : Self.slice
            guard goesOn() else { throw RunFailure.stopped }
            if isOpen, let chunk = read(waiting: wait) {
                isOpen = !chunk.isEmpty
                output += chunk
                guard output.count <= outputLimit else { throw RunFailure.tooMuchOutput }
            } else if let status {
                return Result(status: status, output: output)
            } else if !isOpen {
                poll(nil, 0, wait)
            }
        }
    }
}
