import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Runs child processes of the operating system.
///
/// Foundation's `Process` lets children that start at the same moment inherit each other's pipes on Linux, so that one seems to run on until
/// the other ends.
public struct SystemProcessRunner: ProcessRunner {
    /// Creates the runner.
    public init() {}

    /// Runs a command line in `/bin/sh`, with its output read while it runs and its standard error dropped.
    ///
    /// It ends with the shell: a process that the shell leaves behind may hold the output open and is not waited for. At the time limit, and
    /// where the task is cancelled, the shell is killed together with what it has started.
    public func run(
        _ command: String,
        environment: [String: String],
        limit: Duration,
        outputLimit: Int
    ) async throws -> ProcessResult {
        let run = ShellRun(limit: limit, outputLimit: outputLimit)
        return try await withTaskCancellationHandler {
            try await BlockingWork.run { try run.result(of: command, environment: environment) }
        } onCancel: {
            run.cancel()
        }
    }
}

/// One run of a command line, on a thread that may wait.
private final class ShellRun: Sendable {
    private let deadline: ContinuousClock.Instant
    private let outputLimit: Int
    private let isCancelled = Atomic(false)

    init(limit: Duration, outputLimit: Int) {
        self.deadline = .now + limit
        self.outputLimit = outputLimit
    }

    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    func result(of command: String, environment: [String: String]) throws -> ProcessResult {
        guard var shell = SpawnedShell(command, environment: environment) else {
            throw ProcessRunnerError.cannotStart
        }
        var output: [UInt8] = []
        var isOpen = true
        while true {
            try checkLimits()
            // What was written before the end is in the pipe once the end is seen.
            let hasEnded = try shell.hasEnded()
            let wait = hasEnded ? 0 : Self.slice
            if isOpen, let chunk = shell.read(waiting: wait) {
                isOpen = !chunk.isEmpty
                output += chunk
                guard output.count <= outputLimit else { throw ProcessRunnerError.tooMuchOutput }
            } else if let status = shell.exitStatus {
                return ProcessResult(exitStatus: status, output: output)
            } else if !isOpen {
                poll(nil, 0, wait)
            }
        }
    }

    private func checkLimits() throws {
        if isCancelled.load(ordering: .relaxed) { throw CancellationError() }
        guard ContinuousClock.now < deadline else { throw ProcessRunnerError.timedOut }
    }

    /// How often, in milliseconds, the limits and the shell's end are looked at.
    private static let slice: Int32 = 20
}
