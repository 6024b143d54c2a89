#if Proxy
import NIOCore
import RDSIAMBasics
import RDSIAMSystem

/// Asks a proxy for its health.
package struct HealthClient: Sendable {
    package let address: HealthServer.Address

    /// What came back.
    package struct Answer: Sendable {
        /// The status of HTTP, or `nil` if there was no answer.
        package let status: Int?
        /// What the proxy said, or why it did not answer, as a sentence.
        package let reason: String
    }

    package init(address: HealthServer.Address) { self.address = address }

    /// How long one question may take, in seconds.
    private static let limit = 5

    /// Asks for one path.
    package func get(_ path: String) async -> Answer {
        let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        do {
            let bytes = try await BlockingWork.run { try exchange(request) }
            return Self.answer(in: bytes)
        } catch let error as LocalListenerError {
            return Answer(status: nil, reason: error.message)
        } catch {
            return Answer(status: nil, reason: "\(error)")
        }
    }

    private static func answer(in bytes: [UInt8]) -> Answer {
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.splitBytes(separator: " ", maxSplits: 2)
        guard text.hasBytePrefix("HTTP/1."), parts.count == 3, let status = Int(parts[1]) else {
            return Answer(status: nil, reason: "What answers there is not the proxy's health check.")
        }
        return Answer(status: status, reason: text.splitBytes(separator: "\n").last ?? "")
    }

    /// Sends a request and reads to the end, in a thread that may wait.
    private func exchange(_ request: [UInt8]) throws -> [UInt8] {
        let descriptor = try connected()
        defer { close(descriptor) }
        guard send(descriptor, request, request.count, SystemSocket.sendFlags) == request.count else {
            throw LocalListenerError.system("send to \(address)", errno)
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 1 << 20 {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            bytes += chunk.prefix(count)
        }
        return bytes
    }

    private func connected() throws -> Int32 {
        switch address {
        case .unixSocket(let path):
            let file = try UnixSocketFile(path: path)
            return try connected(AF_UNIX) { file.join($0) }
        case .tcp(let host, let port):
            let place = try SocketAddress(ipAddress: host, port: port)
            let isV6 = host.utf8.contains(UInt8(ascii: ":"))
            return try connected(isV6 ? AF_INET6 : AF_INET) { descriptor in
                place.withSockAddr { connect(descriptor, $0, socklen_t($1)) }
            }
        }
    }

    private func connected(_ family: Int32, _ join: (Int32) -> Int32) throws -> Int32 {
        let descriptor = try SystemSocket.make(family)
        var limit = timeval(tv_sec: Self.limit, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        guard join(descriptor) == 0 else {
            let number = errno
            close(descriptor)
            throw LocalListenerError.system("connect to \(address)", number)
        }
        return descriptor
    }
}

/// The operating system's sockets, for the few that no event loop watches.
enum SystemSocket {
    #if canImport(Darwin)
    static let stream = SOCK_STREAM
    static let datagram = SOCK_DGRAM
    static let sendFlags: Int32 = 0
    private static let closeOnExec: Int32 = 0
    #else
    static let stream = Int32(SOCK_STREAM.rawValue)
    static let datagram = Int32(SOCK_DGRAM.rawValue)
    /// A write to a connection that is gone is an error, not a signal.
    static let sendFlags = Int32(MSG_NOSIGNAL)
    private static let closeOnExec = Int32(SOCK_CLOEXEC.rawValue)
    #endif

    /// Makes a socket that no child process inherits.
    ///
    /// - Throws: ``LocalListenerError`` with the code `system`.
    static func make(_ family: Int32, _ type: Int32 = stream) throws -> Int32 {
        let descriptor = socket(family, type | closeOnExec, 0)
        guard descriptor >= 0 else { throw LocalListenerError.system("make a socket", errno) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }
}
#endif
