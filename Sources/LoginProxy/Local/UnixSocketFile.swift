#if Proxy
import RDSIAMBasics
import RDSIAMSystem

/// The file of a Unix-domain socket: whether it may be put in its place, and whether it is still the one that was put
/// there.
struct UnixSocketFile: Sendable {
    let path: String

    /// A socket that was put in its place.
    struct Placed: Sendable, Hashable {
        private let path: String
        private let device: UInt64
        private let number: UInt64
        /// The file system gives the number of a removed file to the next one, so the time of its naming counts too.
        private let seconds: Int
        private let nanoseconds: Int

        /// Looks at the file that has the path now, or returns `nil` if none has.
        fileprivate init?(path: String) {
            var state = stat()
            guard lstat(path, &state) == 0 else { return nil }
            self.path = path
            device = UInt64(truncatingIfNeeded: state.st_dev)
            number = UInt64(state.st_ino)
            #if canImport(Darwin)
            let change = state.st_ctimespec
            #else
            let change = state.st_ctim
            #endif
            (seconds, nanoseconds) = (change.tv_sec, change.tv_nsec)
        }

        /// Removes the socket, unless another file has taken its place.
        func remove() {
            if Placed(path: path) == self { unlink(path) }
        }
    }

    /// The longest path in bytes: 107 on Linux, 103 on macOS, as one byte ends it.
    static let pathLimit = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    /// - Throws: ``LocalListenerError`` with the code `pathTooLong`.
    init(path: String) throws {
        guard path.utf8.count <= Self.pathLimit else {
            throw LocalListenerError(
                .pathTooLong,
                """
                The path of the socket, \(path), has \(path.utf8.count) bytes, and the operating system allows \
                \(Self.pathLimit). Choose a directory with a shorter path.
                """
            )
        }
        self.path = path
    }

    /// Gives a socket that others cannot reach yet its mode and this path.
    func place(_ draft: UnixSocketFile) throws -> Placed {
        guard chmod(draft.path, 0o600) == 0, rename(draft.path, path) == 0, let placed = Placed(path: path) else {
            throw LocalListenerError.system("put the socket \(path) in its place", errno)
        }
        return placed
    }

    /// Makes sure that the path is free, and removes the socket of a process that has ended.
    ///
    /// A connection tells a socket in use from one that was left behind. Only that proves it: its file looks the same.
    ///
    /// - Throws: ``LocalListenerError`` with the codes `alreadyInUse`, `notOurSocket` and `system`.
    func clear() throws {
        var state = stat()
        guard lstat(path, &state) == 0 else {
            guard errno == ENOENT else { throw LocalListenerError.system("look at \(path)", errno) }
            return
        }
        guard state.st_mode & S_IFMT == S_IFSOCK, state.st_uid == geteuid() else {
            throw LocalListenerError(
                .notOurSocket,
                "\(path) exists and is not a socket of this user. Remove it, or listen in another directory."
            )
        }
        try probe()
        guard unlink(path) == 0 || errno == ENOENT else { throw LocalListenerError.system("remove \(path)", errno) }
    }

    /// Returns if no process listens on the socket.
    private func probe() throws {
        let descriptor = try SystemSocket.make(AF_UNIX)
        defer { close(descriptor) }
        // A listener whose queue is full would hold a blocking call.
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        guard join(descriptor) != 0 else {
            throw LocalListenerError.inUse(path, by: PeerCredentials(of: descriptor)?.processIdentifier)
        }
        switch errno {
        case ECONNREFUSED, ENOENT: return
        // The queue is full, so there is a listener.
        case EAGAIN, EINPROGRESS: throw LocalListenerError.inUse(path)
        default: throw LocalListenerError.system("find out whether a process listens on \(path)", errno)
        }
    }

    /// Connects a socket of the system, and returns 0, or -1 with the reason in `errno`.
    func join(_ descriptor: Int32) -> Int32 {
        withAddress { connect(descriptor, $0, $1) }
    }

    /// Makes a socket that has this path.
    func bound() throws -> Int32 {
        let descriptor = try SystemSocket.make(AF_UNIX)
        guard withAddress({ bind(descriptor, $0, $1) }) == 0 else {
            let number = errno
            close(descriptor)
            throw LocalListenerError.system("make the socket \(path)", number)
        }
        return descriptor
    }

    private func withAddress<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
#endif
