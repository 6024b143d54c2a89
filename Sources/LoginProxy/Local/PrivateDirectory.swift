#if Proxy
import RDSIAMBasics
import RDSIAMSystem

/// A directory that only this user may enter, for the sockets of the proxy.
public struct PrivateDirectory: Sendable {
    /// The absolute path.
    public let path: String

    /// Returns where the proxy's sockets lie if the user names no place: `rds-iam` in `$XDG_RUNTIME_DIR`, or where
    /// that is not set, `rds-iam-UID` in `$TMPDIR` or `/tmp`.
    ///
    /// Another user may have made a directory of that name in `/tmp`. The proxy refuses it.
    ///
    /// - Parameter environment: The variables of the process.
    public static func standard(environment: [String: String]) -> PrivateDirectory {
        if let runtime = environment["XDG_RUNTIME_DIR"], runtime.hasBytePrefix("/") {
            return PrivateDirectory(path: trimmed(runtime) + "/rds-iam")
        }
        let temporary = environment["TMPDIR"].flatMap { $0.hasBytePrefix("/") ? trimmed($0) : nil } ?? "/tmp"
        return PrivateDirectory(path: "\(temporary)/rds-iam-\(geteuid())")
    }

    private static func trimmed(_ path: String) -> String {
        String(decoding: path.utf8.reversed().drop { $0 == UInt8(ascii: "/") }.reversed(), as: UTF8.self)
    }

    /// Names a directory.
    ///
    /// - Parameter path: The absolute path.
    public init(path: String) { self.path = path }

    /// Names the directory that an absolute path of a file is in.
    init(containing path: String) {
        let end = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex
        self.path = end == path.startIndex ? "/" : String(path[..<end])
    }

    /// Makes the directory with mode 0700 if it does not exist, and makes sure that no other user may enter it.
    ///
    /// - Throws: ``LocalListenerError`` with the code `directoryNotPrivate` if it belongs to another user, is open to
    ///   others or is a link; with `system` if it cannot be made, as where the directory above is missing.
    package func prepare() throws {
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            throw LocalListenerError.system("make the directory \(path) for a socket", errno)
        }
        var state = stat()
        guard lstat(path, &state) == 0 else {
            throw LocalListenerError.system("look at the directory \(path)", errno)
        }
        guard state.st_mode & S_IFMT == S_IFDIR else { throw refusal("is not a directory") }
        guard state.st_uid == geteuid() else { throw refusal("belongs to another user") }
        guard state.st_mode & 0o077 == 0 else { throw refusal("is open to other users") }
    }

    private func refusal(_ what: String) -> LocalListenerError {
        LocalListenerError(
            .directoryNotPrivate,
            """
            The directory \(path) \(what), so the proxy puts no socket there. Name a directory that is yours alone (mode \
            0700) or does not exist yet.
            """
        )
    }

    /// Runs work while no other proxy works in this directory.
    ///
    /// The lock is on the directory itself, so that no file of it stays behind, and is held for a moment only.
    func withLock<Value: Sendable>(_ work: () async throws -> Value) async throws -> Value {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LocalListenerError.system("open the directory \(path)", errno) }
        defer { close(descriptor) }
        let end = ContinuousClock.now + .seconds(10)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard [EWOULDBLOCK, EINTR].contains(errno), ContinuousClock.now < end else {
                throw LocalListenerError.system("lock the directory \(path)", errno)
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        return try await work()
    }
}
#endif
