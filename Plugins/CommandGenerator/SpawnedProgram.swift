#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A program that has been started in a process group of its own, with no descriptor of this process that is marked close-on-exec.
///
/// Foundation's `Process` notices an end on Linux only once every process that the program has started has ended too.
struct SpawnedProgram: ~Copyable {
    /// The end of the pipe that carries the program's standard output.
    let output: Int32
    private let identifier: pid_t
    private var hasEnded = false

    /// Nil where it cannot be started.
    init?(_ path: String, _ arguments: [String], environment: [String: String], showsStandardError: Bool) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let started = Self.start(path, arguments, environment, writingTo: ends[1], showsStandardError)
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
        guard !hasEnded else { return }
        // What it has started goes with it; then it is reaped.
        kill(-identifier, SIGKILL)
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) == -1, errno == EINTR {}
    }

    /// How it ended, once: a status from `waitpid(2)`; nil while it runs.
    mutating func end() -> Int32? {
        var status: Int32 = 0
        guard !hasEnded, waitpid(identifier, &status, WNOHANG) == identifier else { return nil }
        hasEnded = true
        return status
    }

    private static func start(
        _ path: String,
        _ arguments: [String],
        _ environment: [String: String],
        writingTo pipe: Int32,
        _ showsStandardError: Bool
    ) -> pid_t? {
        var actions = FileActions()
        defer { posix_spawn_file_actions_destroy(&actions.value) }
        actions.connect(pipe, showsStandardError: showsStandardError)
        var attributes = Attributes()
        defer { posix_spawnattr_destroy(&attributes.value) }
        attributes.isolate()
        var identifier = pid_t()
        let failure = withCStrings([path] + arguments) { arguments in
            withCStrings(environment.map { "\($0)=\($1)" }) { environment in
                posix_spawn(&identifier, path, &actions.value, &attributes.value, arguments, environment)
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

/// The program's streams.
private struct FileActions {
    #if canImport(Darwin)
    var value: posix_spawn_file_actions_t?
    #else
    var value = posix_spawn_file_actions_t()
    #endif

    init() { posix_spawn_file_actions_init(&value) }

    mutating func connect(_ pipe: Int32, showsStandardError: Bool) {
        posix_spawn_file_actions_addopen(&value, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&value, pipe, STDOUT_FILENO)
        if !showsStandardError { posix_spawn_file_actions_addopen(&value, STDERR_FILENO, "/dev/null", O_WRONLY, 0) }
    }
}

/// The program's process group and signals.
private struct Attributes {
    #if canImport(Darwin)
    var value: posix_spawnattr_t?
    #else
    var value = posix_spawnattr_t()
    #endif

    init() { posix_spawnattr_init(&value) }

    mutating func isolate() {
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&value, &none)
        posix_spawnattr_setpgroup(&value, 0)
        #if canImport(Darwin)
        let closing = Int16(POSIX_SPAWN_CLOEXEC_DEFAULT)
        #else
        let closing: Int16 = 0
        #endif
        posix_spawnattr_setflags(&value, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGMASK) | closing)
    }
}
