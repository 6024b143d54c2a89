#if Proxy
import RDSIAMBasics
import RDSIAMSystem

/// Tells the service manager that started this process what it is doing (systemd, sd_notify(3)).
package struct ServiceManager: Sendable {
    private let path: String

    /// Returns `nil` if no service manager asks to be told, or if it asks in a way that is not known here.
    ///
    /// - Parameter environment: The variables of the process. `NOTIFY_SOCKET` is the path of a socket, or on Linux `@`
    ///   and the name of an abstract socket.
    package init?(environment: [String: String]) {
        guard let path = environment["NOTIFY_SOCKET"], path.utf8.count > 1, path.utf8.count <= UnixSocketFile.pathLimit
        else { return nil }
        guard path.hasBytePrefix("/") || path.hasBytePrefix("@") else { return nil }
        self.path = path
    }

    /// Clients are let in.
    ///
    /// - Returns: Whether the service manager could be told.
    @discardableResult
    package func ready(_ status: String) -> Bool { send("READY=1\nSTATUS=\(Self.line(status))\n") }

    /// Shutdown has begun.
    ///
    /// - Parameter limit: How long it may take, so that the service manager waits for it.
    @discardableResult
    package func stopping(_ status: String, within limit: Duration) -> Bool {
        let microseconds = Int64(min(max(0, limit / .microseconds(1)), 1e15))
        return send("STOPPING=1\nSTATUS=\(Self.line(status))\nEXTEND_TIMEOUT_USEC=\(microseconds)\n")
    }

    /// A line feed would begin another variable.
    private static func line(_ text: String) -> String {
        String(decoding: text.utf8.map { $0 == 0x0A ? 0x20 : $0 }, as: UTF8.self)
    }

    private func send(_ message: String) -> Bool {
        guard let descriptor = try? SystemSocket.make(AF_UNIX, SystemSocket.datagram) else { return false }
        defer { close(descriptor) }
        // A service manager that does not read must not hold this process.
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let bytes = Array(message.utf8)
        return withAddress { address, length in
            sendto(descriptor, bytes, bytes.count, SystemSocket.sendFlags, address, length) == bytes.count
        }
    }

    private func withAddress<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        let isAbstract = name[0] == UInt8(ascii: "@")
        if isAbstract { name[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        // The length of an abstract name counts: NULs are part of it.
        let start = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path)
        let length = start + name.count + (isAbstract ? 0 : 1)
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }
}
#endif
