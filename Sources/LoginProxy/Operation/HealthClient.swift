#if Proxy
import NIOCore
import RDSIAMBasics
import RDSIAMSystem

/// Asks a proxy for its health.
package struct HealthClient: Sendable {
    package let address: HealthServer.Address

    /// What came back.
    package struct Answer: Sendable {
        /// Whether the proxy says that it is.
        package let isGood: Bool
        /// What the proxy said, or why it did not answer, as a sentence.
        package let reason: String
    }

    package init(address: HealthServer.Address) { self.address = address }

    /// Asks for one path.
    ///
    /// - Parameter limit: How long that may take.
    package func get(_ path: String, within limit: Duration = .seconds(5)) async -> Answer {
        let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        do {
            let end = ContinuousClock.now + limit
            let bytes = try await BlockingWork.run { try exchange(request, until: end) }
            return Self.answer(in: bytes)
        } catch let error as LocalListenerError {
            return Answer(isGood: false, reason: error.message)
        } catch is TimedOut {
            return Answer(isGood: false, reason: "There was no complete answer within \(limit).")
        } catch {
            return Answer(isGood: false, reason: "\(error)")
        }
    }

    private struct TimedOut: Error {}

    /// Any server may answer 200, so the proxy's own words count.
    private static func answer(in bytes: [UInt8]) -> Answer {
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.splitBytes(separator: " ", maxSplits: 2)
        let reason = text.splitBytes(separator: "\n").last ?? ""
        guard text.hasBytePrefix("HTTP/1."), parts.count == 3, let status = Int(parts[1]),
            HealthRoutes.wordsOfHealth.contains(where: { reason.hasBytePrefix($0) })
        else {
            return Answer(isGood: false, reason: "What answers there is not the proxy's health check.")
        }
        return Answer(isGood: status == 200, reason: reason)
    }

    /// Sends a request and reads to the end, in a thread that may wait.
    private func exchange(_ request: [UInt8], until end: ContinuousClock.Instant) throws -> [UInt8] {
        let descriptor = try connected(until: end)
        defer { close(descriptor) }
        guard send(descriptor, request, request.count, SystemSocket.sendFlags) == request.count else {
            throw LocalListenerError.system("send to \(address)", errno)
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 1 << 20 {
            try setTimeouts(of: descriptor, until: end)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, errno == EAGAIN { throw TimedOut() }
            // A call that has a limit also ends when the process is stopped and goes on (signal(7)).
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += chunk.prefix(count)
        }
        return bytes
    }

    /// Lets each call of the operating system take the time that is left.
    private func setTimeouts(of descriptor: Int32, until end: ContinuousClock.Instant) throws {
        let rest = end - .now
        guard rest > .milliseconds(1) else { throw TimedOut() }
        let parts = rest.components
        var limit = timeval()
        limit.tv_sec = .init(parts.seconds)
        limit.tv_usec = .init(parts.attoseconds / 1_000_000_000_000)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    }

    private func connected(until end: ContinuousClock.Instant) throws -> Int32 {
        switch address {
        case .unixSocket(let path):
            let file = try UnixSocketFile(path: path)
            return try connected(AF_UNIX, until: end) { file.join($0) }
        case .tcp(let host, let port):
            let place = try SocketAddress(ipAddress: host, port: port)
            let isV6 = host.utf8.contains(UInt8(ascii: ":"))
            return try connected(isV6 ? AF_INET6 : AF_INET, until: end) { descriptor in
                place.withSockAddr { connect(descriptor, $0, socklen_t($1)) }
            }
        }
    }

    private func connected(
        _ family: Int32,
        until end: ContinuousClock.Instant,
        _ join: (Int32) -> Int32
    ) throws -> Int32 {
        let descriptor = try SystemSocket.make(family)
        do { try setTimeouts(of: descriptor, until: end) } catch {
            close(descriptor)
            throw error
        }
        guard join(descriptor) == 0 else {
            let number = errno
            close(descriptor)
            if number == EINTR, end - .now > .milliseconds(1) { return try connected(family, until: end, join) }
            // A listener whose queue is full makes a client wait.
            guard number != EAGAIN, number != EINPROGRESS, end > .now else { throw TimedOut() }
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
