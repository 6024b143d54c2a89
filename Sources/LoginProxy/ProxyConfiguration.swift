#if Proxy
import NIOCore

/// What a proxy serves, and within which bounds.
public struct ProxyConfiguration: Sendable {
    /// The servers to log in to, each with the local address that leads to it.
    package var routes: [ProxyRoute]
    /// Bounds on connections and waiting.
    public var limits = ProxyLimits()
    /// How long a shutdown waits.
    public var drain = DrainDelays()
    /// How many threads forward bytes: one for each processor, at most four.
    package var threads = min(System.coreCount, 4)

    /// Creates a configuration with the default limits.
    ///
    /// - Parameter routes: The servers to log in to, each with the local address that leads to it.
    public init(routes: [ProxyRoute]) {
        self.routes = routes
    }
}

/// One local address and the server that it leads to.
public struct ProxyRoute: Sendable {
    /// The server.
    package var upstream: Upstream
    /// Where clients connect.
    package var address: LocalAddress
    /// How clients show who they are.
    package var authentication: LocalAuthentication
    /// The certificate to show to clients that ask for TLS; `nil` to answer that there is none.
    ///
    /// It is for TCP alone: a Unix-domain socket has no TLS.
    package var tls: LocalTLS?

    /// Describes a route.
    ///
    /// - Parameters:
    ///   - upstream: The server.
    ///   - address: Where clients connect.
    ///   - authentication: How clients show who they are.
    ///   - tls: The certificate to show to clients that ask for TLS, for TCP alone.
    public init(
        upstream: Upstream,
        address: LocalAddress,
        authentication: LocalAuthentication = .trust,
        tls: LocalTLS? = nil
    ) {
        self.upstream = upstream
        self.address = address
        self.authentication = authentication
        self.tls = tls
    }

    /// A route that clients can connect to.
    public struct Bound: Sendable {
        /// The route.
        public let route: ProxyRoute
        /// The address with the port that the system chose, if port 0 was asked for.
        public let address: LocalAddress

        /// What a client connects with, in libpq's keyword/value form, without a password.
        public var connectionString: String {
            let (host, port) =
                switch address {
                case .unixSocket(let directory, let port): (directory, port)
                case .tcp(let host, let port): (host, port)
                }
            var pairs = [("host", host), ("port", String(port)), ("user", route.upstream.user)]
            if let database = route.upstream.database { pairs.append(("dbname", database)) }
            return pairs.map { "\($0.0)=\(Self.quoted($0.1))" }.joined(separator: " ")
        }

        private static func quoted(_ value: String) -> String {
            let isPlain = value.utf8.allSatisfy { byte in
                byte > UInt8(ascii: " ") && byte != UInt8(ascii: "'") && byte != UInt8(ascii: "\\")
            }
            guard !isPlain || value.isEmpty else { return value }
            var quoted = "'"
            for scalar in value.unicodeScalars {
                if scalar == "'" || scalar == "\\" { quoted.unicodeScalars.append("\\") }
                quoted.unicodeScalars.append(scalar)
            }
            return quoted + "'"
        }
    }
}

/// The certificate that a proxy shows to its clients.
public struct LocalTLS: Sendable, Hashable {
    /// The path of a PEM file: the certificate, followed by those that lead to its root.
    package var certificateChainFile: String
    /// The path of a PEM file with the private key.
    package var privateKeyFile: String

    /// Names the files.
    ///
    /// - Parameters:
    ///   - certificateChainFile: The path of a PEM file: the certificate, followed by those that lead to its root.
    ///   - privateKeyFile: The path of a PEM file with the private key.
    public init(certificateChainFile: String, privateKeyFile: String) {
        self.certificateChainFile = certificateChainFile
        self.privateKeyFile = privateKeyFile
    }
}

/// Bounds on connections and waiting.
public struct ProxyLimits: Sendable, Hashable {
    /// How many client connections may be open; `nil` for no limit.
    public var connections: Int?
    /// How many of them may be logging in at the same time; four times as many may have connected and say nothing.
    public var logins = 100
    /// How long a client may take to say who it is.
    package var loginTimeout: Duration = .seconds(30)
    /// How long one server address may take to accept a connection and a login.
    ///
    /// The connection string's `connect_timeout` overrules it.
    public var connectTimeout: Duration = .seconds(30)
    /// How many requests to cancel a query may name no session in a second, before all are ignored for a while.
    package var cancelsPerSecond = 50

    /// Creates the defaults.
    public init() {}
}

/// How long a shutdown waits.
public struct DrainDelays: Sendable, Hashable {
    /// How long new clients are let in after shutdown has begun, for load balancers that learn of it late.
    package var minimum: Duration
    /// How long open sessions may go on after shutdown has begun.
    package var maximum: Duration

    /// Sets the delays.
    ///
    /// - Parameters:
    ///   - minimum: How long new clients are let in after shutdown has begun.
    ///   - maximum: How long open sessions may go on after shutdown has begun.
    public init(minimum: Duration = .zero, maximum: Duration = .zero) {
        self.minimum = minimum
        self.maximum = maximum
    }
}
#endif
