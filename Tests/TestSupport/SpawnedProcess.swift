import Dispatch
public import Foundation

/// A child process that inherits its three standard streams and nothing else.
///
/// Foundation's `Process` lets children that start at the same time inherit each other's descriptors on Linux, so that one's
/// end goes unnoticed until the other ends; tests start many at once.
public struct SpawnedProcess: Sendable {
    /// A descriptor that is closed when it is let go of.
    public final class Stream: Sendable {
        /// The descriptor's number.
        public let descriptor: Int32

        /// Takes over a descriptor, which must be marked close-on-exec.
        public init(owning descriptor: Int32) { self.descriptor = descriptor }

        deinit { close(descriptor) }
    }

    /// The process's number.
    public let identifier: pid_t

    /// Starts `executable`.
    ///
    /// - Parameters:
    ///   - executable: The path of the program.
    ///   - arguments: What follows the program's name.
    ///   - environment: All of its environment, but for `PATH`, which is the test's own where it is not given.
    ///   - streams: Standard input, output and error.
    public init(
        _ executable: String,
        _ arguments: [String],
        environment: [String: String],
        streams: [Stream]
    ) throws {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let variables = environment.merging(["PATH": path]) { own, _ in own }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, stream) in streams.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, stream.descriptor, Int32(number))
        }
        var identifier = pid_t()
        let failure = Self.withCStrings([executable] + arguments) { arguments in
            Self.withCStrings(variables.map { "\($0)=\($1)" }) { variables in
                posix_spawn(&identifier, executable, &actions, nil, arguments, variables)
            }
        }
        guard failure == 0 else { throw Missing(description: "cannot start \(executable): error \(failure)") }
        self.identifier = identifier
    }

    /// Sends a signal.
    public func send(_ signal: Int32) {
        kill(identifier, signal)
    }

    /// The exit status; minus the signal's number where a signal ended it.
    @discardableResult
    public func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "SpawnedProcess").async {
                var status: Int32 = 0
                while waitpid(identifier, &status, 0) == -1, errno == EINTR {}
                let signal = status & 0x7F
                continuation.resume(returning: signal == 0 ? (status >> 8) & 0xFF : -signal)
            }
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
