public import Foundation

/// A command that ran to its end.
public struct CommandResult: Sendable {
    /// The exit status, or minus the signal's number if a signal ended it.
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
        try input.write(to: URL(filePath: folder.path("0")))
        let child = try start(executable, arguments, environment, folder)
        let timeout = Task {
            try await Task.sleep(for: timeLimit)
            child.send(SIGKILL)
        }
        defer { timeout.cancel() }
        let status = try await child.wait()
        return CommandResult(status: status, output: try text(folder.path("1")), errors: try text(folder.path("2")))
    }

    /// Each stream is a file in `folder`, named after its number.
    private static func start(
        _ executable: String,
        _ arguments: [String],
        _ environment: [String: String],
        _ folder: TemporaryFolder
    ) throws -> SpawnedProcess {
        func stream(_ number: Int32, _ flags: Int32) throws -> SpawnedProcess.Stream {
            let descriptor = open(folder.path("\(number)"), flags | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw Missing(description: "Cannot open a file in \(folder.url.path).") }
            return SpawnedProcess.Stream(owning: descriptor)
        }
        return try SpawnedProcess(
            executable,
            arguments,
            environment: environment,
            input: try stream(0, O_RDONLY),
            output: try stream(1, O_WRONLY | O_CREAT),
            errors: try stream(2, O_WRONLY | O_CREAT)
        )
    }

    private static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }
}
