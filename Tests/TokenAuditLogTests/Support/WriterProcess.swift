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

    /// The events that it has reported as recorded.
    ///
    /// A last line without an end was interrupted by a kill and does not count.
    func acknowledged() throws -> [String] {
        let text = try String(contentsOfFile: output, encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.dropLast().map(String.init)
    }
}
