import Foundation
import TestSupport

/// A port that takes connections and never says a word, or that is taken and refuses them.
final class SilentServer {
    let port: Int
    private let descriptor: Int32

    init(isListening: Bool = true) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && (!isListening || listen(descriptor, 16) == 0)
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard bound else { throw Missing(description: "no free port") }
        self.descriptor = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    /// The next client to connect, which it hears and does not answer.
    func client() async throws -> Client {
        let descriptor = descriptor
        let client = try await onThreadOfItsOwn { () -> Int32? in
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            return poll(&entry, 1, 60_000) == 1 ? accept(descriptor, nil, nil) : nil
        }
        guard let client else { throw Missing(description: "nobody has connected") }
        return Client(descriptor: client)
    }

    struct Client {
        let descriptor: Int32

        /// Whether it hangs up within seconds, whatever it has said before.
        func hangsUp() async throws -> Bool {
            try await onThreadOfItsOwn { [descriptor] in
                defer { close(descriptor) }
                var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                var bytes = [UInt8](repeating: 0, count: 64)
                while poll(&entry, 1, 10_000) == 1 {
                    let count = read(descriptor, &bytes, bytes.count)
                    if count <= 0 { return count == 0 || errno == ECONNRESET }
                }
                return false
            }
        }
    }

    deinit { close(descriptor) }
}

/// Runs what blocks where it holds up no test.
private func onThreadOfItsOwn<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "blocking").async { continuation.resume(with: Result { try body() }) }
    }
}
