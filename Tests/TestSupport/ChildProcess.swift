public import Foundation
import Synchronization

/// A command that ran to its end.
public struct CommandResult: Sendable {
    /// The exit status; minus the signal's number where a signal ended it.
    public let status: Int32
    /// What it wrote on standard output.
    public let output: String
    /// What it wrote on standard error.
    public let errors: String

    /// The lines of ``output``.
    public var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// Runs commands.
public enum ChildProcess {
    /// Runs `executable` to its end.
    ///
    /// - Parameters:
    ///   - executable: The path of the program.
    ///   - arguments: What follows the program's name.
    ///   - environment: All of its environment; nothing of the test's own goes along but `PATH`.
    ///   - input: What it reads on standard input.
    ///   - timeLimit: When it is killed.
    public static func run(
        _ executable: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        input: Data = Data(),
        timeLimit: Duration = .seconds(60)
    ) async throws -> CommandResult {
        let folder = try TemporaryFolder()
        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.environment = environment.merging(["PATH": searchPath]) { own, _ in own }
        try input.write(to: URL(filePath: folder.path("input")))
        process.standardInput = try FileHandle(forReadingFrom: URL(filePath: folder.path("input")))
        process.standardOutput = try writer(folder.path("output"))
        process.standardError = try writer(folder.path("errors"))
        let status = try await status(of: process, timeLimit: timeLimit)
        return CommandResult(
            status: status,
            output: try text(folder.path("output")),
            errors: try text(folder.path("errors"))
        )
    }

    /// The test's own `PATH`.
    public static var searchPath: String { ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin" }

    private static func status(of process: Process, timeLimit: Duration) async throws -> Int32 {
        let (ends, end) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = { process in
            end.yield(process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus)
            end.finish()
        }
        try process.run()
        let identifier = process.processIdentifier
        let watch = Task {
            try await Task.sleep(for: timeLimit)
            kill(identifier, SIGKILL)
        }
        defer { watch.cancel() }
        for await status in ends { return status }
        return -1
    }

    private static func writer(_ path: String) throws -> FileHandle {
        FileManager.default.createFile(atPath: path, contents: nil)
        return try FileHandle(forWritingTo: URL(filePath: path))
    }

    private static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }
}
