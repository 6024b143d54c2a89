/// Why an issuer handed out no token although the generator threw nothing.
public struct TokenIssuerError: AuditableError, Hashable, CustomStringConvertible {
    /// The kind of an error, open for more kinds later.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The kind's name, as it stands in the audit log.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// The generator did not answer within ``TokenCacheOptions/timeLimit``; trying again may help.
        public static let timedOut = Self("timedOut")
        /// The generator made a token that had expired when it came; trying again may help.
        public static let expired = Self("expired")
    }

    /// The kind of this error.
    public let code: Code
    /// What is wrong.
    public let description: String

    /// The code under which the audit log files it.
    public var auditCode: String { "TokenIssuerError.\(code)" }

    static func timedOut(_ generator: String, _ limit: Duration) -> TokenIssuerError {
        TokenIssuerError(
            code: .timedOut,
            description: "the generator \(quoted(generator)) made no token within \(limit)"
        )
    }

    static func expired(_ generator: String) -> TokenIssuerError {
        TokenIssuerError(
            code: .expired,
            description: "the generator \(quoted(generator)) made a token that has expired; check the clocks"
        )
    }

    private static func quoted(_ name: String) -> String { String(reflecting: String(name.prefix(100))) }
}
