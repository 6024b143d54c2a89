import Foundation
import TestSupport

/// A port of 127.0.0.1 that accepts connections and never answers, or that refuses them.
final class SilentServer: Sendable {
    let port: Int
    private let descriptor: Int32

    init(isListening: Bool = true) throws {
        let descriptor = socket(AF_INET, closingSocketType, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard isBound else { throw Missing(description: "There is no free port.") }
        self.descriptor = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
        if isListening { try startListening() }
    }

    deinit { close(descriptor) }

    /// Accepts connections from now on instead of refusing them.
    func startListening() throws {
        guard listen(descriptor, 128) == 0 else { throw Missing(description: "The port does not listen.") }
    }

    /// Returns the next client to connect.
    func client() async throws -> Client {
        let descriptor = descriptor
        let client = try await onOwnThread { () -> Int32? in
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            return poll(&entry, 1, 60_000) == 1 ? CloseOnExec.accept(descriptor) : nil
        }
        guard let client else { throw Missing(description: "No client has connected.") }
        return Client(descriptor: client)
    }

    /// A client that gets no answer.
    final class Client: Sendable {
        private let descriptor: Int32

        fileprivate init(descriptor: Int32) { self.descriptor = descriptor }

        deinit { close(descriptor) }

        /// Returns whether the client has sent something that waits to be read.
        func hasAsked() async throws -> Bool {
            try await onOwnThread { [descriptor] in
                var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                return poll(&entry, 1, 60_000) == 1 && entry.revents & Int16(POLLHUP) == 0
            }
        }

        /// Returns whether the client closes its side, whatever it has sent before.
        func hangsUp() async throws -> Bool {
            try await onOwnThread { [descriptor] in
                var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                var bytes = [UInt8](repeating: 0, count: 64)
                while poll(&entry, 1, 60_000) == 1 {
                    let count = read(descriptor, &bytes, bytes.count)
                    if count <= 0 { return count == 0 || errno == ECONNRESET }
                }
                return false
            }
        }
    }
}

/// The type of a TCP socket that no child process of another test inherits: it would hold the port.
let closingSocketType = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)

/// Runs what blocks on a thread that no test needs.
func onOwnThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "blocking").async { continuation.resume(with: Result { try body() }) }
    }
}
