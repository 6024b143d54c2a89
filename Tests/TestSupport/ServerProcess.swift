import Dispatch
public import Foundation

/// A server that says in one line of JSON that it is ready, and stops when its standard input ends: at the latest when the test's
/// process does.
public final class ServerProcess: Sendable {
    /// The line.
    public let facts: Data
    private let input: SpawnedProcess.Stream
    private let process: SpawnedProcess

    /// Starts `executable` and returns when it is ready.
    public static func start(_ executable: String, _ arguments: [String]) async throws -> ServerProcess {
        let (process, input, output) = try spawn(executable, arguments)
        let line = await firstLine(of: output)
        guard !line.isEmpty else {
            throw Missing(description: "\(executable) did not start: see its message on standard error")
        }
        return ServerProcess(facts: line, input: input, process: process)
    }

    private typealias Stream = SpawnedProcess.Stream

    /// The child's own ends of the pipes are closed on return, so that its end is seen.
    private static func spawn(
        _ executable: String,
        _ arguments: [String]
    ) throws -> (process: SpawnedProcess, input: Stream, output: Stream) {
        let (input, output) = (try pipe(), try pipe())
        let errors = Stream(owning: fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3))
        let streams = [input.read, output.write, errors]
        let process = try SpawnedProcess(executable, arguments, environment: [:], streams: streams)
        return (process, input.write, output.read)
    }

    private init(facts: Data, input: SpawnedProcess.Stream, process: SpawnedProcess) {
        self.facts = facts
        self.input = input
        self.process = process
    }

    /// Nobody else waits for it.
    deinit {
        let process = process
        Task { await process.wait() }
    }

    private static func pipe() throws -> (read: Stream, write: Stream) {
        var ends: [Int32] = [-1, -1]
        guard systemPipe(&ends) == 0 else { throw Missing(description: "no pipe: error \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (Stream(owning: ends[0]), Stream(owning: ends[1]))
    }

    /// What comes before the first line feed, or before the end; read on a thread that may wait.
    private static func firstLine(of stream: Stream) async -> Data {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "ServerProcess").async {
                var line = Data()
                var byte: UInt8 = 0
                while read(stream.descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
                continuation.resume(returning: line)
            }
        }
    }
}

/// `pipe(2)`, under a name of its own: the class has a method called `pipe`.
private func systemPipe(_ ends: UnsafeMutablePointer<Int32>) -> Int32 { pipe(ends) }
