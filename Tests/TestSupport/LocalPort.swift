import Foundation

/// A port of 127.0.0.1 on which nothing sensible answers: closed, silent, or a relay to another port.
public final class LocalPort: Sendable {
    /// What happens to a client.
    public enum Behavior: Sendable {
        /// The system refuses it.
        case closed
        /// It is accepted and never answered.
        case silent
        /// It is answered with a text, and the connection is closed.
        case saying(String)
        /// It is connected with another port of 127.0.0.1, as through a tunnel.
        case relay(to: Int)
    }

    /// The port's number.
    public let number: Int
    private let descriptor: Int32
    /// Whether a thread accepts clients, which closes the descriptor at its end.
    private let hasThread: Bool

    /// Opens a free port.
    public init(_ behavior: Behavior) throws {
        hasThread =
            switch behavior {
            case .closed, .silent: false
            case .saying, .relay: true
            }
        descriptor = socket(AF_INET, Self.streamType, 0)
        var address = Self.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = Self.withAddress(&address) { pointer in
            bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
        }
        guard isBound else { throw Missing(description: "There is no free port.") }
        number = Int(UInt16(bigEndian: address.sin_port))
        switch behavior {
        case .closed: break
        case .silent: try Self.listen(descriptor)
        case .saying(let text):
            try Self.listen(descriptor)
            Thread { Self.answer(descriptor, Array(text.utf8)) }.start()
        case .relay(let port):
            try Self.listen(descriptor)
            Thread { Self.accept(descriptor, port) }.start()
        }
    }

    /// Whether a client has connected that was not accepted yet, as on a silent port.
    public var hasClient: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) == 1
    }

    // Ends the thread: accept(2) fails from now on. Until the thread knows, another port must not get the number.
    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        if !hasThread { close(descriptor) }
    }

    private static func listen(_ descriptor: Int32) throws {
        guard Foundation.listen(descriptor, 128) == 0 else { throw Missing(description: "The port does not listen.") }
    }

    /// Waits for the next client; closes the port's descriptor and returns `nil` when the port has ended.
    private static func nextClient(_ descriptor: Int32) -> Int32? {
        while true {
            let client = CloseOnExec.accept(descriptor)
            if client >= 0 { return client }
            // Anything else passes, such as a shortage of descriptors.
            guard errno != EINVAL else { break }
            poll(nil, 0, 10)
        }
        close(descriptor)
        return nil
    }

    private static func answer(_ descriptor: Int32, _ text: [UInt8]) {
        while let client = nextClient(descriptor) {
            var bytes = [UInt8](repeating: 0, count: 8)
            // What is not read makes the system reset the connection, and the answer may be lost.
            _ = recv(client, &bytes, bytes.count, Int32(MSG_WAITALL))
            _ = send(client, text, text.count, noSignal)
            close(client)
        }
    }

    private static func accept(_ descriptor: Int32, _ port: Int) {
        while let client = nextClient(descriptor) {
            let server = socket(AF_INET, streamType, 0)
            var address = loopback(UInt16(port))
            let length = socklen_t(MemoryLayout<sockaddr_in>.size)
            guard withAddress(&address, { connect(server, $0, length) == 0 }) else {
                close(client)
                close(server)
                continue
            }
            // Each thread ends one direction; the second one closes both sockets.
            let isHalfDone = NSLock()
            isHalfDone.lock()
            Thread {
                pump(client, server)
                isHalfDone.unlock()
            }.start()
            Thread {
                pump(server, client)
                isHalfDone.lock()
                close(client)
                close(server)
            }.start()
        }
    }

    private static func pump(_ source: Int32, _ target: Int32) {
        var bytes = [UInt8](repeating: 0, count: 8192)
        while true {
            let count = recv(source, &bytes, bytes.count, 0)
            guard count > 0, send(target, bytes, count, noSignal) == count else { break }
        }
        shutdown(source, Int32(SHUT_RDWR))
        shutdown(target, Int32(SHUT_RDWR))
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }

    private static func withAddress<Value>(
        _ address: inout sockaddr_in,
        _ body: (UnsafeMutablePointer<sockaddr>) -> Value
    ) -> Value {
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }

    // No child process of another test may inherit it: it would hold the port.
    #if canImport(Darwin)
    private static let streamType = Int32(SOCK_STREAM)
    private static let noSignal: Int32 = 0
    #else
    private static let streamType = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    private static let noSignal = Int32(MSG_NOSIGNAL)
    #endif
}
