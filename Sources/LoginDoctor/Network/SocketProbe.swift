import RDSIAMBasics
import RDSIAMSystem

/// Connects to a port without libpq, so that a failure of the network is told apart from one of TLS or of the login.
enum SocketProbe {
    /// Connects to a numeric address.
    ///
    /// - Returns: A socket that waits at most `limit` for each read and write; the caller closes it.
    /// - Throws: ``DoctorNetwork/Failure``.
    @Sendable static func connect(_ address: String, _ port: Int, _ limit: Duration) throws -> Int32 {
        guard let target = SocketAddress(address, port) else {
            throw DoctorNetwork.Failure("it is not a numeric address")
        }
        let descriptor = socket(target.family, SocketAddress.streamType, Int32(IPPROTO_TCP))
        guard descriptor >= 0 else { throw failure(errno) }
        do {
            try connect(descriptor, target, limit)
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func connect(_ descriptor: Int32, _ target: SocketAddress, _ limit: Duration) throws {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
        if target.connect(descriptor) != 0 {
            guard errno == EINPROGRESS else { throw failure(errno) }
            try waitUntilConnected(descriptor, limit)
        }
        _ = fcntl(descriptor, F_SETFL, flags)
        let (seconds, attoseconds) = limit.components
        var time = timeval(tv_sec: Int(seconds), tv_usec: .init(attoseconds / 1_000_000_000_000))
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    private static func waitUntilConnected(_ descriptor: Int32, _ limit: Duration) throws {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&entry, 1, Int32(limit / .milliseconds(1))) == 1 else { throw failure(ETIMEDOUT) }
        var number: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &size)
        guard number == 0 else { throw failure(number) }
    }

    private static func failure(_ number: Int32) -> DoctorNetwork.Failure {
        DoctorNetwork.Failure(
            String(cString: strerror(number)),
            isTimeout: number == ETIMEDOUT,
            isRefusal: number == ECONNREFUSED
        )
    }

    /// Asks for TLS as PostgreSQL's clients do (`SSLRequest`).
    ///
    static func askForTLS(_ descriptor: Int32) -> TLSAnswer {
        // The length, and the number that PostgreSQL's protocol gives the request.
        let request: [UInt8] = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F]
        var answer: UInt8 = 0
        guard send(descriptor, request, request.count, noSignal) == request.count else { return .closed }
        var count: Int
        // A read that has a limit also ends when the process is stopped and goes on (signal(7)).
        repeat { count = recv(descriptor, &answer, 1, 0) } while count < 0 && errno == EINTR
        switch count {
        case 1: return answer == UInt8(ascii: "S") ? .accepted : answer == UInt8(ascii: "N") ? .refused : .foreign
        case -1 where errno == EAGAIN || errno == EWOULDBLOCK: return .silent
        default: return .closed
        }
    }

    /// What a server answers to the question for TLS.
    enum TLSAnswer {
        case accepted
        case refused
        /// Something that no PostgreSQL server answers.
        case foreign
        /// The connection is closed.
        case closed
        /// Nothing, within the socket's limit.
        case silent
    }

    /// A peer that has gone must not end the process with SIGPIPE.
    #if canImport(Darwin)
    private static let noSignal: Int32 = 0
    #else
    private static let noSignal = Int32(MSG_NOSIGNAL)
    #endif

    /// Returns whether an address can be reached only from within a network (RFC 1918, RFC 6598, RFC 4193), and is not
    /// this machine.
    static func isPrivate(_ address: String) -> Bool {
        let parts = address.splitBytes(separator: ".").compactMap { UInt8($0) }
        guard parts.count == 4 else { return address.hasBytePrefix("fd") || address.hasBytePrefix("fc") }
        return parts[0] == 10 || (parts[0] == 172 && 16...31 ~= parts[1]) || (parts[0] == 192 && parts[1] == 168)
            || (parts[0] == 100 && 64...127 ~= parts[1])
    }

    /// Returns whether an address is this machine.
    static func isLoopback(_ address: String) -> Bool {
        address.hasBytePrefix("127.") || address.isBytewiseEqual(to: "::1")
    }
}

/// A numeric address and a port, as the system wants them.
private struct SocketAddress {
    let family: Int32
    private var storage = sockaddr_storage()
    private let length: socklen_t

    /// Reads an address of IPv4 or IPv6, or returns `nil` for any other text.
    init?(_ address: String, _ port: Int) {
        var version4 = sockaddr_in()
        var version6 = sockaddr_in6()
        let number = UInt16(truncatingIfNeeded: port).bigEndian
        if inet_pton(AF_INET, address, &version4.sin_addr) == 1 {
            family = AF_INET
            version4.sin_family = sa_family_t(AF_INET)
            version4.sin_port = number
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutableBytes(of: &storage) { target in
                withUnsafeBytes(of: version4) { target.copyMemory(from: $0) }
            }
        } else if inet_pton(AF_INET6, address, &version6.sin6_addr) == 1 {
            family = AF_INET6
            version6.sin6_family = sa_family_t(AF_INET6)
            version6.sin6_port = number
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            withUnsafeMutableBytes(of: &storage) { target in
                withUnsafeBytes(of: version6) { target.copyMemory(from: $0) }
            }
        } else {
            return nil
        }
    }

    /// Begins to connect, and returns what the system does.
    func connect(_ descriptor: Int32) -> Int32 {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { systemConnect(descriptor, $0, length) }
        }
    }

    #if canImport(Darwin)
    static let streamType = SOCK_STREAM
    #else
    static let streamType = Int32(SOCK_STREAM.rawValue)
    #endif
}

/// A member function of the same name hides the system's.
private func systemConnect(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    connect(descriptor, address, length)
}
