extension Conninfo {
    /// The major version of libpq whose rules apply.
    ///
    /// Versions differ in their keyword tables and, from 18, in how a URI treats raw spaces. Versions 15 to 19 are
    /// known. ``newest`` accepts everything that an older version accepts, except raw spaces in a URI.
    public struct Dialect: Sendable, Hashable, Comparable, CustomStringConvertible {
        /// The major version of libpq, such as 15.
        package let majorVersion: Int

        /// libpq 15.
        public static let v15 = Dialect(majorVersion: 15)
        /// libpq 16: adds `require_auth`, `sslcertmode`, `gssdelegation`, `load_balance_hosts` and
        /// `sslrootcert=system`.
        public static let v16 = Dialect(majorVersion: 16)
        /// libpq 17: adds `sslnegotiation`.
        public static let v17 = Dialect(majorVersion: 17)
        /// libpq 18: adds OAuth, SCRAM keys, protocol versions and `sslkeylogfile`; refuses raw spaces inside a URI.
        public static let v18 = Dialect(majorVersion: 18)
        /// libpq 19: adds `servicefile` and `oauth_ca_file`.
        public static let v19 = Dialect(majorVersion: 19)
        /// The newest libpq whose rules are known.
        public static let newest = v19
        /// Every version whose rules are known, oldest first.
        package static let all = [v15, v16, v17, v18, v19]

        private init(majorVersion: Int) {
            self.majorVersion = majorVersion
        }

        /// Creates the dialect of the libpq whose `PQlibVersion()` is `version`, such as 150018 for 15.18.
        ///
        /// For a version older than the oldest known one it is the oldest, for a newer one the newest.
        /// - Parameter version: The result of `PQlibVersion()`: the major version times 10,000 plus the minor version.
        public init(libpqVersion version: Int) {
            let major = version / 10_000
            self.init(majorVersion: min(max(major, Self.v15.majorVersion), Self.newest.majorVersion))
        }

        /// The version as text, such as `libpq 15`.
        public var description: String { "libpq \(majorVersion)" }

        /// Orders dialects by age, the oldest first.
        public static func < (lhs: Self, rhs: Self) -> Bool {
            lhs.majorVersion < rhs.majorVersion
        }
    }
}
