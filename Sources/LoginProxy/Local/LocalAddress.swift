#if Proxy
import RDSIAMBasics
import RDSIAMSystem

/// Where the proxy listens for clients on this machine.
public enum LocalAddress: Sendable, Hashable {
    /// A Unix-domain socket with the name that libpq looks for, `.s.PGSQL.` and the port, in a private directory.
    case unixSocket(directory: String, port: Int)
    /// A TCP port on a numeric address. Port 0 lets the operating system choose one.
    case tcp(host: String, port: Int)

    /// The port that PostgreSQL's clients take if none is given.
    public static let defaultPort = 5432

    /// Reads an address as it stands on a command line.
    ///
    /// - Parameter text: `127.0.0.1:5433`, `[::1]:5433` or `localhost:5433` for a TCP port; the absolute path of a
    ///   directory for a socket with the default port in its name; or the path of the socket itself,
    ///   `/DIRECTORY/.s.PGSQL.PORT`.
    /// - Throws: ``LocalListenerError`` with the code `invalidAddress`; retrying does not help.
    public init(parsing text: String) throws {
        guard !text.utf8.contains(0) else { throw LocalListenerError.invalidAddress("with a NUL in it") }
        if text.hasBytePrefix("/") {
            self = try Self.socket(path: text)
        } else {
            self = try Self.port(text)
        }
    }

    private static let socketPrefix = ".s.PGSQL."

    private static func socket(path: String) throws -> Self {
        let parts = path.splitBytes(separator: "/").filter { !$0.isEmpty }
        guard let last = parts.last else { return .unixSocket(directory: "/", port: defaultPort) }
        guard last.hasBytePrefix(socketPrefix) else {
            return .unixSocket(directory: "/" + parts.joined(separator: "/"), port: defaultPort)
        }
        guard let port = number(String(last.dropFirst(socketPrefix.count))), port > 0 else {
            throw LocalListenerError.invalidAddress(String(reflecting: path))
        }
        return .unixSocket(directory: "/" + parts.dropLast().joined(separator: "/"), port: port)
    }

    private static func port(_ text: String) throws -> Self {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")),
            let port = number(String(text[colon...].dropFirst()))
        else { throw LocalListenerError.invalidAddress(String(reflecting: text)) }
        var host = String(text[..<colon])
        if host.hasBytePrefix("[") {
            guard host.utf8.last == UInt8(ascii: "]") else {
                throw LocalListenerError.invalidAddress(String(reflecting: text))
            }
            host = String(host.dropFirst().dropLast())
        } else if host.utf8.contains(UInt8(ascii: ":")) {
            throw LocalListenerError.invalidAddress(String(reflecting: text))
        }
        // A name would have to be looked up, and may lead elsewhere tomorrow.
        if host.asciiLowercased().isBytewiseEqual(to: "localhost") { host = "127.0.0.1" }
        guard let address = HostLookup.canonicalAddress(host) else {
            throw LocalListenerError.invalidAddress(String(reflecting: text))
        }
        return .tcp(host: address, port: port)
    }

    /// A port in decimal digits, or `nil`.
    private static func number(_ text: String) -> Int? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text).flatMap { $0 <= 65535 ? $0 : nil }
    }

    /// The path of the socket, or `nil` for a TCP port.
    package var socketPath: String? {
        guard case .unixSocket(let directory, let port) = self else { return nil }
        return (directory.utf8.last == UInt8(ascii: "/") ? directory : directory + "/") + Self.socketPrefix + "\(port)"
    }

    /// The TCP port, or the number in the socket's name.
    package var port: Int {
        switch self {
        case .unixSocket(_, let port), .tcp(_, let port): port
        }
    }

    /// Whether only processes of this machine, or of this network namespace, reach it.
    package var isLocal: Bool {
        switch self {
        case .unixSocket: true
        case .tcp(let host, _): host.hasBytePrefix("127.") || host.isBytewiseEqual(to: "::1")
        }
    }

    /// The same address with a port further on, for several servers beside each other.
    ///
    /// Port 0, which the operating system replaces, stays.
    ///
    /// - Returns: `nil` if there is no such port.
    package func advanced(by count: Int) -> Self? {
        let next: Self =
            switch self {
            case .unixSocket(let directory, let port): .unixSocket(directory: directory, port: port + count)
            case .tcp(let host, let port): .tcp(host: host, port: port == 0 ? 0 : port + count)
            }
        return next.hasPort ? next : nil
    }

    /// Whether the port is one: a program may have made the address of any number.
    var hasPort: Bool {
        switch self {
        case .unixSocket(_, let port): (1...65535).contains(port)
        case .tcp(_, let port): (0...65535).contains(port)
        }
    }

    /// Makes sure that clients which reach this address have to prove enough.
    ///
    /// A Unix socket checks the user of each process. A loopback port is open to every process of the machine, often to
    /// those of its containers too, so a caller that passes `.trust` must have asked the user. Any other address
    /// needs TLS and a password.
    ///
    /// - Parameters:
    ///   - authentication: What a client has to prove.
    ///   - hasTLS: Whether the proxy offers TLS to its clients there.
    /// - Throws: ``LocalListenerError`` with the code `exposed`; retrying does not help.
    public func check(_ authentication: LocalAuthentication, hasTLS: Bool) throws {
        guard !isLocal, !(authentication.requiresPassword && hasTLS) else { return }
        throw LocalListenerError(
            .exposed,
            """
            Other machines reach \(self), so the proxy listens there only with TLS and a local password. Listen on \
            127.0.0.1 or on a Unix socket.
            """
        )
    }
}

extension LocalAddress: CustomStringConvertible {
    /// The address as ``init(parsing:)`` reads it.
    public var description: String {
        switch self {
        case .unixSocket: socketPath ?? ""
        case .tcp(let host, let port): host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }

    /// Returns whether both are the same, byte by byte.
    public static func == (left: Self, right: Self) -> Bool {
        left.isSocket == right.isSocket && ByteText(left.description) == ByteText(right.description)
    }

    /// Hashes the bytes of the text.
    public func hash(into hasher: inout Hasher) { hasher.combine(ByteText(description)) }

    private var isSocket: Bool { socketPath != nil }
}
#endif
