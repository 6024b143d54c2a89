#if Proxy
package import NIOCore
import RDSIAMBasics
import RDSIAMSystem

/// Who is at the other end of an accepted connection, for the audit log and for refusals.
package struct LocalPeer: Sendable {
    /// The user of the process, or `nil` for a TCP connection.
    package var userID: UInt32?
    /// The user's name, if the operating system knows it.
    package var userName: String?
    /// The process that connected, which may have passed the connection on or have ended.
    package var processID: Int32?
    /// The name of the process's program, if it can be seen.
    package var program: String?
    /// The address of a TCP connection, or the path of the socket.
    package var address: String

    package init(
        userID: UInt32? = nil,
        userName: String? = nil,
        processID: Int32? = nil,
        program: String? = nil,
        address: String
    ) {
        self.userID = userID
        self.userName = userName
        self.processID = processID
        self.program = program
        self.address = address
    }

    /// Returns who is at the other end of a channel that was just accepted.
    ///
    /// It is called on the channel's event loop.
    ///
    /// - Throws: ``ClientError`` if the process belongs to another user, or if the operating system does not say.
    package static func of(_ channel: any Channel) throws -> LocalPeer {
        // The option does not fail on sockets of other families, so the family is asked first.
        guard case .unixDomainSocket? = channel.localAddress else {
            return LocalPeer(address: channel.remoteAddress.map(text) ?? "unknown")
        }
        let credentials = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { PeerCredentials(of: $0) }
        return try LocalPeer(credentials ?? nil, path: LocalListener.path(of: channel), owner: geteuid())
    }

    /// - Parameter owner: The only user who may connect.
    init(_ credentials: PeerCredentials?, path: String, owner: uid_t) throws {
        guard let credentials, credentials.userIdentifier == owner else {
            throw ClientError(
                "28000",
                "the login proxy serves only processes of the user who started it",
                hint: "Run the client as the user with the number \(owner), or start a proxy as the client's user."
            )
        }
        self.init(
            userID: credentials.userIdentifier,
            userName: Self.ownName,
            processID: credentials.processIdentifier,
            program: credentials.processIdentifier.flatMap(ProcessName.of),
            address: path
        )
    }

    /// Looked up once: the user database may be far away, and only this user passes.
    private static let ownName = Account.current.map { String(decoding: $0.name, as: UTF8.self) }

    private static func text(_ address: SocketAddress) -> String {
        guard let host = address.ipAddress, let port = address.port else { return "unknown" }
        return LocalAddress.tcp(host: host, port: port).description
    }
}

/// What the operating system says about the process at the other end of a Unix-domain socket.
struct PeerCredentials: Sendable, Hashable {
    let userIdentifier: uid_t
    let processIdentifier: pid_t?

    init(userIdentifier: uid_t, processIdentifier: pid_t?) {
        self.userIdentifier = userIdentifier
        self.processIdentifier = processIdentifier
    }

    #if canImport(Darwin)
    /// Asks for `LOCAL_PEERCRED` and `LOCAL_PEERPID` (unix(4)).
    init?(of descriptor: Int32) {
        var credentials = xucred()
        var length = socklen_t(MemoryLayout<xucred>.size)
        guard getsockopt(descriptor, SOL_LOCAL, LOCAL_PEERCRED, &credentials, &length) == 0,
            credentials.cr_version == XUCRED_VERSION
        else { return nil }
        var process = pid_t()
        length = socklen_t(MemoryLayout<pid_t>.size)
        let isKnown = getsockopt(descriptor, SOL_LOCAL, LOCAL_PEERPID, &process, &length) == 0
        self.init(userIdentifier: credentials.cr_uid, processIdentifier: isKnown ? process : nil)
    }
    #else
    /// Asks for `SO_PEERCRED` (unix(7)).
    init?(of descriptor: Int32) {
        // The C library shows `struct ucred` to GNU programs only: process, user and group, 4 bytes each.
        var words: [UInt32] = [0, 0, 0]
        var length = socklen_t(MemoryLayout<UInt32>.size * words.count)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &words, &length) == 0,
            length == socklen_t(MemoryLayout<UInt32>.size * words.count)
        else { return nil }
        // The process is 0 if it lies in another process namespace.
        self.init(userIdentifier: words[1], processIdentifier: words[0] == 0 ? nil : pid_t(bitPattern: words[0]))
    }
    #endif
}

/// The names of programs that run.
enum ProcessName {
    /// Returns the name of a process's program, or `nil` if it cannot be seen.
    static func of(_ process: pid_t) -> String? {
        var bytes = [UInt8](repeating: 0, count: 64)
        #if canImport(Darwin)
        let count = Int(proc_name(process, &bytes, UInt32(bytes.count)))
        #else
        let descriptor = open("/proc/\(process)/comm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let count = read(descriptor, &bytes, bytes.count)
        #endif
        guard count > 0 else { return nil }
        // A process names itself as it likes, so nothing that a terminal or a line of a log acts on may remain.
        let name = bytes.prefix(count).prefix { $0 != 0x0A && $0 != 0 }.map { (0x20...0x7E).contains($0) ? $0 : 0x3F }
        return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
    }
}
#endif
