public import Foundation
import RDSIAMSystem

/// A child process that inherits its three standard streams and nothing else.
///
/// Foundation's `Process` lets child processes that start at the same time inherit each other's descriptors on Linux,
/// so that the end of one goes unnoticed until the other ends. Tests start many at once.
public struct SpawnedProcess: Sendable {
    /// An open descriptor that is closed with its owner.
    ///
    /// It is not copyable, so that no collection can own it: in a release build a collection, and with it every
    /// object that it alone owns, ends at its last use. Its number can therefore never be in use after it is closed.
    public struct Stream: ~Copyable, Sendable {
        private let descriptor: Int32

        /// Takes over a descriptor and marks it close-on-exec.
        public init(owning descriptor: Int32) {
            self.descriptor = descriptor
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }

        /// A second descriptor for this process's standard error.
        public static func standardError() -> Stream {
            Stream(owning: fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3))
        }

        deinit { close(descriptor) }

        fileprivate borrowing func become(_ number: Int32, in actions: inout posix_spawn_file_actions_t) {
            posix_spawn_file_actions_adddup2(&actions, descriptor, number)
        }

        /// Reads up to the first line feed or the end, and blocks until then.
        borrowing func readLine() -> Data {
            var line = Data()
            var byte: UInt8 = 0
            while read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
            return line
        }
    }

    /// The two ends of a pipe.
    public struct Pipe: ~Copyable {
        /// What is written comes out here.
        public let readEnd: Stream
        /// What is written goes in here.
        public let writeEnd: Stream

        /// Makes a pipe.
        public init() throws {
            let pipe = try CloseOnExec.pipe()
            readEnd = Stream(owning: pipe.readEnd)
            writeEnd = Stream(owning: pipe.writeEnd)
        }

        /// Closes the end that a child process reads from, which has a copy of its own, and returns the other end.
        public consuming func closingReadEnd() -> Stream { writeEnd }

        /// Closes the end that a child process writes to, which has a copy of its own, and returns the other end.
        public consuming func closingWriteEnd() -> Stream { readEnd }
    }

    /// The process's number.
    public let identifier: pid_t

    /// Starts `executable`.
    ///
    /// - Parameters:
    ///   - executable: The path of the program.
    ///   - arguments: What follows the program's name.
    ///   - environment: All of its environment. `PATH` is the test's own if it is not given.
    ///   - input: Its standard input. The caller still owns its three streams, and closes them.
    ///   - output: Its standard output.
    ///   - errors: Its standard error.
    public init(
        _ executable: String,
        _ arguments: [String],
        environment: [String: String],
        input: borrowing Stream,
        output: borrowing Stream,
        errors: borrowing Stream
    ) throws {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let variables = environment.merging(["PATH": path]) { own, _ in own }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        input.become(STDIN_FILENO, in: &actions)
        output.become(STDOUT_FILENO, in: &actions)
        errors.become(STDERR_FILENO, in: &actions)
        var identifier = pid_t()
        let failure = Self.withCStrings([executable] + arguments) { arguments in
            Self.withCStrings(variables.map { "\($0)=\($1)" }) { variables in
                posix_spawn(&identifier, executable, &actions, nil, arguments, variables)
            }
        }
        guard failure == 0 else { throw Missing(description: "Cannot start \(executable): error \(failure).") }
        self.identifier = identifier
    }

    /// Sends a signal.
    public func send(_ signal: Int32) {
        kill(identifier, signal)
    }

    /// The exit status, or minus the signal's number if a signal ended it.
    @discardableResult
    public func wait() async throws -> Int32 {
        try await BlockingWork.run {
            var status: Int32 = 0
            while waitpid(identifier, &status, 0) == -1, errno == EINTR {}
            let signal = status & 0x7F
            return signal == 0 ? (status >> 8) & 0xFF : -signal
        }
    }

    private static func withCStrings<Value>(
        _ texts: [String],
        _ body: ([UnsafeMutablePointer<CChar>?]) -> Value
    ) -> Value {
        let copies = texts.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        return body(copies + [nil])
    }
}
