import Foundation
import Testing

/// A server in Python that a test starts, and that goes with it.
final class PythonServer: Sendable {
    private let process: Process
    private let input: Pipe

    /// The interpreter with the oracles: `RDS_IAM_TEST_PYTHON`, else the one `bin/setup --tests` makes.
    static var oraclePython: String {
        let root = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()
        return ProcessInfo.processInfo.environment["RDS_IAM_TEST_PYTHON"]
            ?? root.appendingPathComponent(".build/oracles/bin/python").path
    }

    /// Starts a program that prints something first.
    ///
    /// - Parameters:
    ///   - arguments: What the interpreter is given.
    ///   - folder: The program's working directory.
    init(_ arguments: [String], in folder: URL = Fixtures.folder, output: Pipe = Pipe()) throws {
        guard FileManager.default.isExecutableFile(atPath: Self.oraclePython) else { throw MissingOracle() }
        let process = Process()
        let input = Pipe()
        process.executableURL = URL(fileURLWithPath: Self.oraclePython)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ["PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        self.input = input
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.terminate()
    }

    struct MissingOracle: Error, CustomStringConvertible {
        var description: String {
            "no Python at \(PythonServer.oraclePython): run bin/setup --tests, or set RDS_IAM_TEST_PYTHON"
        }
    }
}
