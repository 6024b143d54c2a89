/// What `posix_spawn` does between fork and exec: streams, descriptors, process group and signals of the child process.
struct SpawnActions: ~Copyable {
    #if canImport(Darwin)
    private var actions: posix_spawn_file_actions_t?
    private var attributes: posix_spawnattr_t?
    private static let closingFlag = Int16(POSIX_SPAWN_CLOEXEC_DEFAULT)
    #else
    private var actions = posix_spawn_file_actions_t()
    private var attributes = posix_spawnattr_t()
    private static let closingFlag: Int16 = 0
    #endif

    init(output: Int32, _ standardError: ChildProcess.StandardError, usesTerminal: Bool) {
        posix_spawn_file_actions_init(&actions)
        // The pipe comes first: its number may be one of the three if this process has closed its own.
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        let input = usesTerminal ? "/dev/tty" : "/dev/null"
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY, 0)
        if standardError == .discarded {
            posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        }
        #if canImport(Glibc)
        _ = Self.closeFrom?(&actions, STDERR_FILENO + 1)
        #endif
        posix_spawnattr_init(&attributes)
        resetSignals()
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags) | Self.closingFlag)
    }

    deinit {
        var (actions, attributes) = (actions, attributes)
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
    }

    /// The child process starts as if this one had never touched its signals.
    private mutating func resetSignals() {
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for signal in [SIGPIPE, SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM] { sigaddset(&defaults, signal) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
    }

    #if canImport(Darwin)
    typealias ActionsPointer = UnsafePointer<posix_spawn_file_actions_t?>
    typealias AttributesPointer = UnsafePointer<posix_spawnattr_t?>
    #else
    typealias ActionsPointer = UnsafePointer<posix_spawn_file_actions_t>
    typealias AttributesPointer = UnsafePointer<posix_spawnattr_t>
    #endif

    borrowing func withPointers<Value>(_ body: (ActionsPointer, AttributesPointer) -> Value) -> Value {
        withUnsafePointer(to: actions) { actions in
            withUnsafePointer(to: attributes) { body(actions, $0) }
        }
    }

    #if canImport(Glibc)
    private typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, CInt) -> CInt

    /// Keeps descriptors that other libraries forgot to mark close-on-exec out of the child process.
    ///
    /// glibc has it since 2.34, so it is looked up while the program runs.
    private static let closeFrom = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np").map {
        unsafeBitCast($0, to: CloseFrom.self)
    }
    #endif
}
