#if Proxy
import Foundation
import RDSIAMSystem

/// A blocking client socket: what tests send and receive byte by byte.
struct RawConnection: ~Copyable {
    let descriptor: Int32

    struct Failed: Error { let number: Int32 }

    /// Connects to a Unix-domain socket.
    init(path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        try self.init(family: AF_UNIX, address, size: MemoryLayout<sockaddr_un>.size)
    }

    /// Connects to a port of 127.0.0.1.
    init(port: Int) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        try self.init(family: AF_INET, address, size: MemoryLayout<sockaddr_in>.size)
    }

    private init<Address>(family: Int32, _ address: Address, size: Int) throws {
        descriptor = socket(family, Self.stream, 0)
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let result = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(size)) }
        }
        guard result == 0 else { throw Failed(number: errno) }
    }

    deinit { close(descriptor) }

    #if canImport(Darwin)
    private static let stream = SOCK_STREAM
    private static let flags: Int32 = 0
    #else
    private static let stream = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    private static let flags = Int32(MSG_NOSIGNAL)
    #endif

    borrowing func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = RDSIAMSystem.send(descriptor, bytes, bytes.count, Self.flags)
    }

    /// Whether something has arrived, or the end.
    var hasSomethingToRead: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) > 0
    }

    /// Everything up to the end, or up to an error such as a reset.
    borrowing func readToEnd() -> String {
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            all += chunk.prefix(count)
        }
        return String(decoding: all, as: UTF8.self)
    }
}
#endif
