import RDSIAMBasics
import RDSIAMSystem

/// A server, or one address of a server: the host, the address and the port that are dialed.
public struct PGEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// The server's name, or the directory of a Unix-domain socket; empty if only an address is given.
    public let host: String
    /// The numeric address; empty for a socket, and before the name is looked up.
    public let address: String
    /// The port.
    public let port: String

    /// Names an endpoint as libpq's keywords `host`, `hostaddr` and `port` do.
    package init(host: String, address: String = "", port: String) {
        self.host = host
        self.address = address
        self.port = port
    }

    /// Host, or else address, and port, such as `db.example.com:5432`.
    package var name: String { "\(host.isEmpty ? address : host):\(port)" }

    /// Host, port and address, such as `db.example.com:5432 (192.0.2.7)`.
    public var description: String {
        host.isEmpty || address.isEmpty || host == address ? name : "\(name) (\(address))"
    }

    /// Whether libpq reaches it through TCP: neither through a Unix-domain socket nor through its own default.
    var isOnNetwork: Bool { !address.isEmpty || (!host.isEmpty && !isSocket) }

    /// Whether the host is a directory or, with `@`, an abstract name (libpq, `host`).
    private var isSocket: Bool { host.hasBytePrefix("/") || host.hasBytePrefix("@") }

    /// Compares the bytes: a host name that only Unicode calls equal is another one.
    public static func == (left: Self, right: Self) -> Bool {
        left.host.isBytewiseEqual(to: right.host) && left.address.isBytewiseEqual(to: right.address)
            && left.port.isBytewiseEqual(to: right.port)
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        for part in [host, address, port] { hasher.combine(ByteText(part)) }
    }
}

extension PGEndpoint {
    /// Returns one endpoint for each address of this one, in the order of the system's preference.
    ///
    /// - Throws: ``PGError`` with the code `connectionFailed` if there is none; `CancellationError`.
    func lookedUp(with names: HostLookup, within limit: Duration?) async throws -> [PGEndpoint] {
        guard address.isEmpty, isOnNetwork else { return [self] }
        do {
            return try await names.addresses(of: host, within: limit).map {
                PGEndpoint(host: host, address: $0, port: port)
            }
        } catch let failure as HostLookup.Failure {
            throw PGError.unknownHost(self, failure.reason)
        }
    }

    /// Returns whether `other` is this endpoint as libpq describes it while it dials or after it has logged in.
    ///
    /// libpq gives the address as the host if there is no name, writes addresses in a form of its own, and has none
    /// before it dials.
    func matches(_ other: PGEndpoint) -> Bool {
        guard port.isBytewiseEqual(to: other.port) else { return false }
        // With neither, libpq dials its default socket.
        guard !(host + address).isEmpty else { return other.address.isEmpty }
        guard host.isEmpty || host.isBytewiseEqual(to: other.host) else {
            return false
        }
        if other.address.isEmpty { return !host.isEmpty || address.isBytewiseEqual(to: other.host) }
        if address.isBytewiseEqual(to: other.address) { return true }
        guard let address = HostLookup.canonicalAddress(address) else { return false }
        return HostLookup.canonicalAddress(other.address) == address
    }
}

extension PGError {
    fileprivate static func unknownHost(_ endpoint: PGEndpoint, _ reason: String) -> PGError {
        let shown = String(reflecting: String(decoding: endpoint.host.utf8.prefix(260), as: UTF8.self))
        var error = PGError(
            .connectionFailed,
            "Could not look up the host name \(shown): \(reason).",
            endpoint: endpoint
        )
        error.allowsNextServer = true
        return error
    }

    static func endpointMismatch(_ endpoint: PGEndpoint, _ what: String) -> PGError {
        PGError(
            .endpointMismatch,
            """
            The login does not allow the server \(String(reflecting: endpoint.name)): \(what). \
            The connection was closed; please report this.
            """,
            endpoint: endpoint
        )
    }
}
