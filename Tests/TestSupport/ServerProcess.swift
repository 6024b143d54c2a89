public import Foundation
import RDSIAMSystem

/// A server that says in one line of JSON that it is ready, and stops when its standard input ends: at the latest
/// when the process that runs the tests ends.
public final class ServerProcess: Sendable {
    /// The line.
    public let facts: Data
    private let input: SpawnedProcess.Stream
    private let process: SpawnedProcess

    /// Starts `executable` and returns when it is ready.
    public static func start(_ executable: String, _ arguments: [String]) async throws -> ServerProcess {
        try await BlockingWork.run { try ServerProcess(executable, arguments) }
    }

    /// Blocks until the server is ready or has ended.
    private init(_ executable: String, _ arguments: [String]) throws {
        let input = try SpawnedProcess.Pipe()
        let output = try SpawnedProcess.Pipe()
        process = try SpawnedProcess(
            executable,
            arguments,
            environment: [:],
            input: input.readEnd,
            output: output.writeEnd,
            errors: .standardError()
        )
        self.input = input.closingReadEnd()
        // If this process kept the other end, the server's end would never be seen.
        facts = output.closingWriteEnd().readLine()
        guard !facts.isEmpty else {
            throw Missing(description: "\(executable) did not start. See its message on standard error.")
        }
    }

    /// Collects the exit status, so that no zombie stays.
    deinit {
        let process = process
        Task { try await process.wait() }
    }
}
