extension Conninfo {
    /// One of libpq's own keywords, such as `host`.
    ///
    /// The set is that of `PQconninfoOptions` in libpq 19; ``isKnown(in:)`` returns which older versions have a
    /// keyword. Those that programs set most have a name here, such as ``host``; ``init(_:)`` makes all others.
    public struct Keyword: Sendable, Hashable, Comparable, CustomStringConvertible {
        let code: KeywordCode

        init(_ code: KeywordCode) {
            self.code = code
        }

        /// Creates the keyword with this exact name, or returns `nil` if libpq has none.
        ///
        /// Names are case-sensitive.
        public init?(_ name: String) {
            guard let code = KeywordCode(named: Array(name.utf8).span) else { return nil }
            self.init(code)
        }

        private var definition: KeywordDefinition { KeywordDefinition.of(code) }

        /// The name as in a connection string, such as `application_name`.
        public var name: String { definition.name.description }

        /// The environment variable that sets it if the connection string does not, or `nil` if there is none.
        package var environmentVariable: String? { definition.environmentVariable?.description }

        /// The default compiled into a libpq with OpenSSL and GSSAPI, or `nil` if there is none.
        var compiledDefault: String? { definition.compiledDefault?.description }

        /// Whether the value is a secret that must not be shown.
        package var isSecret: Bool { code.isSecret }

        /// Returns whether libpq of this version has the keyword.
        public func isKnown(in dialect: Dialect) -> Bool {
            code.since <= dialect.majorVersion
        }

        /// The name.
        public var description: String { name }

        /// Orders keywords as `PQconninfoOptions` lists them.
        public static func < (lhs: Self, rhs: Self) -> Bool {
            lhs.code.rawValue < rhs.code.rawValue
        }

        /// Every keyword, in the order of `PQconninfoOptions`.
        public static var all: [Keyword] { KeywordCode.allCases.map(Keyword.init) }
    }
}

extension Conninfo.Keyword {
    /// The name of a group in the service file whose settings are used.
    public static var service: Self { Self(.service) }
    /// The service file to search, in place of `PGSERVICEFILE` (libpq 19 and later).
    package static var servicefile: Self { Self(.servicefile) }
    /// The role to log in as.
    public static var user: Self { Self(.user) }
    /// The password, a secret.
    public static var password: Self { Self(.password) }
    /// The password file, `~/.pgpass` unless set.
    package static var passfile: Self { Self(.passfile) }
    /// Whether channel binding is used: `disable`, `prefer` or `require`.
    public static var channelBinding: Self { Self(.channelBinding) }
    /// The timeout for one endpoint, in seconds; 0 or less is no limit.
    public static var connectTimeout: Self { Self(.connectTimeout) }
    /// The database, named as the user unless set.
    public static var dbname: Self { Self(.dbname) }
    /// A host name, a socket directory, or a comma-separated list of them.
    public static var host: Self { Self(.host) }
    /// A numeric address, or a comma-separated list of them, which saves the name look-up.
    public static var hostaddr: Self { Self(.hostaddr) }
    /// A port, or a comma-separated list: one for all hosts, or one for each.
    public static var port: Self { Self(.port) }
    /// The client encoding, or `auto`.
    package static var clientEncoding: Self { Self(.clientEncoding) }
    /// Command-line options for the server session.
    public static var options: Self { Self(.options) }
    /// The name shown in `pg_stat_activity`.
    package static var applicationName: Self { Self(.applicationName) }
    /// Whether TCP keep-alives are used: 1 or 0.
    package static var keepalives: Self { Self(.keepalives) }
    /// The idle time before the first TCP keep-alive, in seconds.
    package static var keepalivesIdle: Self { Self(.keepalivesIdle) }
    /// The time between TCP keep-alives, in seconds.
    package static var keepalivesInterval: Self { Self(.keepalivesInterval) }
    /// The number of lost TCP keep-alives before the connection counts as dead.
    package static var keepalivesCount: Self { Self(.keepalivesCount) }
    /// The longest time sent data may stay unacknowledged, in milliseconds.
    static var tcpUserTimeout: Self { Self(.tcpUserTimeout) }
    /// How much TLS is required: `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`.
    public static var sslmode: Self { Self(.sslmode) }
    /// How TLS starts: `postgres` or `direct` (libpq 17 and later).
    package static var sslnegotiation: Self { Self(.sslnegotiation) }
    /// The file of the client certificate.
    package static var sslcert: Self { Self(.sslcert) }
    /// The file of the client key.
    package static var sslkey: Self { Self(.sslkey) }
    /// Whether a client certificate is sent: `disable`, `allow` or `require` (libpq 16 and later).
    package static var sslcertmode: Self { Self(.sslcertmode) }
    /// The pass phrase of the client key, a secret.
    package static var sslpassword: Self { Self(.sslpassword) }
    /// The file of trusted certificate authorities, or `system`.
    public static var sslrootcert: Self { Self(.sslrootcert) }
    /// The operating-system user that the server must run as, on a Unix-domain socket.
    package static var requirepeer: Self { Self(.requirepeer) }
    /// The authentication methods accepted from the server (libpq 16 and later).
    public static var requireAuth: Self { Self(.requireAuth) }
    /// The lowest wire-protocol version accepted (libpq 18 and later).
    static var minProtocolVersion: Self { Self(.minProtocolVersion) }
    /// The highest wire-protocol version asked for (libpq 18 and later).
    static var maxProtocolVersion: Self { Self(.maxProtocolVersion) }
    /// The lowest TLS version accepted.
    package static var sslMinProtocolVersion: Self { Self(.sslMinProtocolVersion) }
    /// The highest TLS version accepted.
    static var sslMaxProtocolVersion: Self { Self(.sslMaxProtocolVersion) }
    /// Whether GSSAPI encryption is used: `disable`, `prefer` or `require`.
    package static var gssencmode: Self { Self(.gssencmode) }
    /// The Kerberos service name.
    package static var krbsrvname: Self { Self(.krbsrvname) }
    /// Whether the connection speaks the replication protocol.
    package static var replication: Self { Self(.replication) }
    /// What the session must allow, such as `read-write` or `primary`.
    package static var targetSessionAttrs: Self { Self(.targetSessionAttrs) }
    /// Whether hosts are tried in random order: `disable` or `random` (libpq 16 and later).
    package static var loadBalanceHosts: Self { Self(.loadBalanceHosts) }
    /// The SCRAM client key in base64, a secret (libpq 18 and later).
    static var scramClientKey: Self { Self(.scramClientKey) }
    /// The SCRAM server key in base64, a secret (libpq 18 and later).
    static var scramServerKey: Self { Self(.scramServerKey) }
    /// The file that TLS session secrets are logged to (libpq 18 and later).
    package static var sslkeylogfile: Self { Self(.sslkeylogfile) }
}
