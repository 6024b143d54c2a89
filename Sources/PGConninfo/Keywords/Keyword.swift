extension Conninfo {
    /// One of libpq's own keywords, such as `host`.
    ///
    /// The set is that of `PQconninfoOptions` in libpq 19; ``isKnown(in:)`` tells which older versions have a keyword.
    public struct Keyword: Sendable, Hashable, Comparable, CustomStringConvertible {
        let code: KeywordCode

        init(_ code: KeywordCode) {
            self.code = code
        }

        /// Creates the keyword with this exact name, or nil if libpq has none; names are case-sensitive.
        public init?(_ name: String) {
            guard let code = KeywordCode(named: Array(name.utf8).span) else { return nil }
            self.init(code)
        }

        private var definition: KeywordDefinition { KeywordDefinition.of(code) }

        /// The name as it is written in a connection string, such as `application_name`.
        public var name: String { definition.name.description }

        /// The environment variable that sets it where the connection string does not, if there is one.
        public var environmentVariable: String? { definition.environmentVariable?.description }

        /// The default compiled into a libpq with OpenSSL and GSSAPI, if there is one.
        public var compiledDefault: String? { definition.compiledDefault?.description }

        /// Whether the value is a secret that must not be shown.
        public var isSecret: Bool { code.isSecret }

        /// Whether libpq of this version has the keyword.
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
