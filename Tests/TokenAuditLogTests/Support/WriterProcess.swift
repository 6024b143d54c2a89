import Foundation
import TestSupport

/// An `audit-writer` that runs beside the test.
struct WriterProcess {
    private let process = Process()
    private let output: String

    init(log: String, user: String, count: Int, tasks: Int, output: String) throws {
        self.output = output
        process.executableURL = URL(filePath: try Repository.built("audit-writer"))
        process.arguments = [log, user, String(count), String(tasks)]
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// The events it has said are recorded.
    ///
    /// A last line without its end was not said.
    func acknowledged() throws -> [String] {
        let text = try String(contentsOfFile: output, encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.dropLast().map(String.init)
    }
}
