#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The process group and the signals of a child: a group of its own, and signals as if this process had never touched them.
struct SpawnIsolation {
    #if canImport(Darwin)
    var attributes: posix_spawnattr_t?
    private static let closing = Int16(POSIX_SPAWN_CLOEXEC_DEFAULT)
    #else
    var attributes = posix_spawnattr_t()
    private static let closing: Int16 = 0
    #endif

    init() {
        posix_spawnattr_init(&attributes)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var ordinary = sigset_t()
        sigemptyset(&ordinary)
        for signal in [SIGPIPE, SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM] { sigaddset(&ordinary, signal) }
        posix_spawnattr_setsigdefault(&attributes, &ordinary)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags) | Self.closing)
    }
}
