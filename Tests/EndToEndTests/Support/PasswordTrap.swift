import Foundation
import Synchronization
import TestSupport

/// A listener that no token may reach: it asks every client for its password in clear text and records what arrives.
///
/// It listens on a port of 127.0.0.1 and on a Unix socket of the same number.
final class PasswordTrap: Sendable {
    /// The directory of the Unix socket.
    let folder: TemporaryFolder
    let port: Int
    private let listeners: [Listener]
    private let received = Mutex(Data())
    private let clients = Mutex(0)

    init() throws {
        folder = try TemporaryFolder()
        let (network, port) = try Self.listenOnNetwork()
        self.port = port
        let socket = try Self.listenOnSocket(folder.path(".s.PGSQL.\(port)"))
        listeners = [Listener(descriptor: network), Listener(descriptor: socket)]
        for listener in listeners {
            Thread { [weak self] in
                while true {
                    let client = CloseOnExec.accept(listener.descriptor)
                    guard client >= 0, let self else { return }
                    self.record(client)
                }
            }.start()
        }
    }

    // Ends the threads: accept(2) fails from now on.
    deinit { listeners.forEach { shutdown($0.descriptor, Int32(SHUT_RDWR)) } }

    /// A descriptor that its thread owns: closed earlier, its number could become another test's listener.
    private final class Listener: Sendable {
        let descriptor: Int32
        init(descriptor: Int32) { self.descriptor = descriptor }
        deinit { close(descriptor) }
    }

    /// How many clients have connected.
    var clientCount: Int { clients.withLock { $0 } }
    /// What they have sent.
    var bytes: Data { received.withLock { $0 } }

    private func record(_ client: Int32) {
        clients.withLock { $0 += 1 }
        defer { close(client) }
        var entry = pollfd(fd: client, events: Int16(POLLIN), revents: 0)
        var buffer = [UInt8](repeating: 0, count: 4096)
        while poll(&entry, 1, 10_000) == 1 {
            let count = read(client, &buffer, buffer.count)
            guard count > 0 else { return }
            received.withLock { $0.append(contentsOf: buffer.prefix(count)) }
            // Messages without a type: 8 bytes ask for TLS or GSSAPI (the answer is no), longer ones begin a login.
            guard buffer[0] == 0 else { return }
            let answer: [UInt8] = count == 8 ? [UInt8(ascii: "N")] : [UInt8(ascii: "R"), 0, 0, 0, 8, 0, 0, 0, 3]
            guard write(client, answer, answer.count) == answer.count else { return }
        }
    }

    private static func listenOnNetwork() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, closingSocketType, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && listen(descriptor, 128) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard isListening else { throw Missing(description: "There is no free port.") }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    private static func listenOnSocket(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, closingSocketType, 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else { throw Missing(description: "The path of the socket is too long.") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let isListening = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
                    && listen(descriptor, 128) == 0
            }
        }
        guard isListening else { throw Missing(description: "The socket does not listen.") }
        return descriptor
    }
}
