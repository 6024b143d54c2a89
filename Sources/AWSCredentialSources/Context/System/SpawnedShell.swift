#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A shell that runs a command line in a process group of its own, with its output in a pipe and its standard error dropped.
///
/// With the value goes the shell, where it still runs, and what it has started.
struct SpawnedShell: ~Copyable {
    private let identifier: pid_t
    private let output: Int32
    /// 128 plus the signal's number where a signal ended it; nil while it runs.
    private(set) var exitStatus: Int32?
    private var isGone = false

    /// Nil where it cannot be started.
    init?(_ command: String, environment: [String: String]) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let started = Self.start(command, environment, writingTo: ends[1])
        close(ends[1])
        guard let started else {
            close(ends[0])
            return nil
        }
        identifier = started
        output = ends[0]
    }

    deinit {
        close(output)
        guard !isGone else { return }
        kill(-identifier, SIGKILL)
        Self.reap(identifier)
    }

    /// Waits for the end of what was killed, but no longer than a second: a dead file system may hold it.
    private static func reap(_ identifier: pid_t) {
        var status: Int32 = 0
        for _ in 0..<100 {
            guard waitpid(identifier, &status, WNOHANG) == 0 else { return }
            poll(nil, 0, 10)
        }
        BlockingWork.leave {
            var status: Int32 = 0
            while waitpid(identifier, &status, 0) == -1, errno == EINTR {}
        }
    }

    /// Whether it has ended.
    ///
    /// - Throws: ``ProcessRunnerError`` where somebody else has taken its status, as a program does that ignores `SIGCHLD`.
    mutating func hasEnded() throws -> Bool {
        guard exitStatus == nil else { return true }
        var status: Int32 = 0
        let found = waitpid(identifier, &status, WNOHANG)
        if found == -1, errno == ECHILD {
            isGone = true
            throw ProcessRunnerError.statusUnknown
        }
        guard found == identifier else { return false }
        isGone = true
        let signal = status & 0x7F
        exitStatus = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
        return true
    }

    /// The next bytes of the output, empty at its end; nil where none come within so many milliseconds.
    func read(waiting milliseconds: Int32) -> [UInt8]? {
        var ready = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, milliseconds) > 0 else { return nil }
        return readChunk(of: output) ?? []
    }

    private static func start(_ command: String, _ environment: [String: String], writingTo pipe: Int32) -> pid_t? {
        var streams = SpawnStreams(output: pipe)
        defer { posix_spawn_file_actions_destroy(&streams.actions) }
        var isolation = SpawnIsolation()
        defer { posix_spawnattr_destroy(&isolation.attributes) }
        var identifier = pid_t()
        let failure = withCStrings(["/bin/sh", "-c", command]) { arguments in
            withCStrings(environment.map { "\($0)=\($1)" }) { environment in
                posix_spawn(
                    &identifier,
                    "/bin/sh",
                    &streams.actions,
                    &isolation.attributes,
                    arguments,
                    environment
                )
            }
        }
        return failure == 0 ? identifier : nil
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
