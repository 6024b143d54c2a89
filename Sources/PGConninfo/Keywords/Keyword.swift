extension Conninfo {
    /// One of libpq's own keywords, such as `host`.
    ///
    /// The set is that of `PQconninfoOptions` in libpq 19; ``isKnown(in:)`` returns which older versions have a
    /// keyword.
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
        public var isSecret: Bool { code.isSecret }

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
    public static var servicefile: Self { Self(.servicefile) }
    /// The role to log in as.
    public static var user: Self { Self(.user) }
    /// The password, a secret.
    public static var password: Self { Self(.password) }
    /// The password file, `~/.pgpass` unless set.
    public static var passfile: Self { Self(.passfile) }
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
    public static var clientEncoding: Self { Self(.clientEncoding) }
    /// Command-line options for the server session.
    public static var options: Self { Self(.options) }
    /// The name shown in `pg_stat_activity`.
    public static var applicationName: Self { Self(.applicationName) }
    /// The application name that is used if no other is set.
    public static var fallbackApplicationName: Self { Self(.fallbackApplicationName) }
    /// Whether TCP keep-alives are used: 1 or 0.
    public static var keepalives: Self { Self(.keepalives) }
    /// The idle time before the first TCP keep-alive, in seconds.
    public static var keepalivesIdle: Self { Self(.keepalivesIdle) }
    /// The time between TCP keep-alives, in seconds.
    public static var keepalivesInterval: Self { Self(.keepalivesInterval) }
    /// The number of lost TCP keep-alives before the connection counts as dead.
    public static var keepalivesCount: Self { Self(.keepalivesCount) }
    /// The longest time sent data may stay unacknowledged, in milliseconds.
    public static var tcpUserTimeout: Self { Self(.tcpUserTimeout) }
    /// How much TLS is required: `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`.
    public static var sslmode: Self { Self(.sslmode) }
    /// How TLS starts: `postgres` or `direct` (libpq 17 and later).
    public static var sslnegotiation: Self { Self(.sslnegotiation) }
    /// Whether TLS compression is used: 1 or 0.
    public static var sslcompression: Self { Self(.sslcompression) }
    /// The file of the client certificate.
    public static var sslcert: Self { Self(.sslcert) }
    /// The file of the client key.
    public static var sslkey: Self { Self(.sslkey) }
    /// Whether a client certificate is sent: `disable`, `allow` or `require` (libpq 16 and later).
    public static var sslcertmode: Self { Self(.sslcertmode) }
    /// The pass phrase of the client key, a secret.
    public static var sslpassword: Self { Self(.sslpassword) }
    /// The file of trusted certificate authorities, or `system`.
    public static var sslrootcert: Self { Self(.sslrootcert) }
    /// The file of revoked certificates.
    public static var sslcrl: Self { Self(.sslcrl) }
    /// The directory of revoked certificates.
    public static var sslcrldir: Self { Self(.sslcrldir) }
    /// Whether the host name is sent in the TLS handshake: 1 or 0.
    public static var sslsni: Self { Self(.sslsni) }
    /// The operating-system user that the server must run as, on a Unix-domain socket.
    public static var requirepeer: Self { Self(.requirepeer) }
    /// The authentication methods accepted from the server (libpq 16 and later).
    public static var requireAuth: Self { Self(.requireAuth) }
    /// The lowest wire-protocol version accepted (libpq 18 and later).
    public static var minProtocolVersion: Self { Self(.minProtocolVersion) }
    /// The highest wire-protocol version asked for (libpq 18 and later).
    public static var maxProtocolVersion: Self { Self(.maxProtocolVersion) }
    /// The lowest TLS version accepted.
    public static var sslMinProtocolVersion: Self { Self(.sslMinProtocolVersion) }
    /// The highest TLS version accepted.
    public static var sslMaxProtocolVersion: Self { Self(.sslMaxProtocolVersion) }
    /// Whether GSSAPI encryption is used: `disable`, `prefer` or `require`.
    public static var gssencmode: Self { Self(.gssencmode) }
    /// The Kerberos service name.
    public static var krbsrvname: Self { Self(.krbsrvname) }
    /// The GSSAPI library, on Windows.
    public static var gsslib: Self { Self(.gsslib) }
    /// Whether GSSAPI credentials are delegated: 1 or 0 (libpq 16 and later).
    public static var gssdelegation: Self { Self(.gssdelegation) }
    /// Whether the connection speaks the replication protocol.
    public static var replication: Self { Self(.replication) }
    /// What the session must allow, such as `read-write` or `primary`.
    public static var targetSessionAttrs: Self { Self(.targetSessionAttrs) }
    /// Whether hosts are tried in random order: `disable` or `random` (libpq 16 and later).
    public static var loadBalanceHosts: Self { Self(.loadBalanceHosts) }
    /// The SCRAM client key in base64, a secret (libpq 18 and later).
    public static var scramClientKey: Self { Self(.scramClientKey) }
    /// The SCRAM server key in base64, a secret (libpq 18 and later).
    public static var scramServerKey: Self { Self(.scramServerKey) }
    /// The OAuth issuer that is trusted (libpq 18 and later).
    public static var oauthIssuer: Self { Self(.oauthIssuer) }
    /// The OAuth client identifier (libpq 18 and later).
    public static var oauthClientId: Self { Self(.oauthClientId) }
    /// The OAuth client secret (libpq 18 and later).
    public static var oauthClientSecret: Self { Self(.oauthClientSecret) }
    /// The OAuth scope asked for (libpq 18 and later).
    public static var oauthScope: Self { Self(.oauthScope) }
    /// The file of authorities trusted for OAuth (libpq 19 and later).
    public static var oauthCaFile: Self { Self(.oauthCaFile) }
    /// The file that TLS session secrets are logged to (libpq 18 and later).
    public static var sslkeylogfile: Self { Self(.sslkeylogfile) }
}
