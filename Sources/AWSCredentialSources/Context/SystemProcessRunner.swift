import Foundation
import Synchronization

/// Runs child processes through Foundation.
public struct SystemProcessRunner: ProcessRunner {
    /// Creates the runner.
    public init() {}

    /// Runs a command line in `/bin/sh`, with its output read while it runs and its standard error dropped.
    ///
    /// The child is killed at its time limit and where the task is cancelled.
    public func run(
        _ command: String,
        environment: [String: String],
        limit: Duration,
        outputLimit: Int
    ) async throws -> ProcessResult {
        let child = ChildProcess(limit: limit, outputLimit: outputLimit)
        return try await withTaskCancellationHandler {
            try await BlockingWork.run { try child.run(command, environment: environment) }
        } onCancel: {
            child.cancel()
        }
    }
}

/// One child process, from start to end, on a thread that may wait.
private final class ChildProcess: Sendable {
    private let deadline: ContinuousClock.Instant
    private let outputLimit: Int
    private let isCancelled = Atomic(false)

    init(limit: Duration, outputLimit: Int) {
        self.deadline = .now + limit
        self.outputLimit = outputLimit
    }

    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    func run(_ command: String, environment: [String: String]) throws -> ProcessResult {
        let process = Process()
        let pipe = Pipe()
        let ended = DispatchSemaphore(value: 0)
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        process.terminationHandler = { _ in ended.signal() }
        do { try process.run() } catch { throw ProcessRunnerError.cannotStart }
        do {
            let output = try drain(pipe.fileHandleForReading.fileDescriptor)
            try wait(for: ended)
            return ProcessResult(exitStatus: Self.status(of: process), output: output)
        } catch {
            Self.kill(process)
            throw error
        }
    }

    private func drain(_ file: Int32) throws -> [UInt8] {
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            try checkLimits()
            var ready = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, Self.slice) > 0 else { continue }
            let count = read(file, &buffer, buffer.count)
            if count == 0 { return output }
            if count > 0 { output.append(contentsOf: buffer[..<count]) }
            guard output.count <= outputLimit else { throw ProcessRunnerError.tooMuchOutput }
        }
    }

    private func wait(for ended: DispatchSemaphore) throws {
        while ended.wait(timeout: .now() + .milliseconds(Int(Self.slice))) == .timedOut { try checkLimits() }
    }

    private func checkLimits() throws {
        if isCancelled.load(ordering: .relaxed) { throw CancellationError() }
        guard ContinuousClock.now < deadline else { throw ProcessRunnerError.timedOut }
    }

    /// How often, in milliseconds, the limits are looked at.
    private static let slice: Int32 = 100

    private static func status(of process: Process) -> Int32 {
        process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }

    /// Foundation puts the child into a process group of its own, so the shell's children go with it.
    private static func kill(_ process: Process) {
        let id = process.processIdentifier
        if getpgid(id) == id { _ = Foundation.kill(-id, SIGKILL) }
        _ = Foundation.kill(id, SIGKILL)
    }
}
