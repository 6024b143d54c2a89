public import RDSIAMBasics

/// An error of an issuer that returned no token although the generator threw nothing.
///
/// Retryable: `timedOut` and `expired`.
public struct TokenIssuerError: RetryableError, AuditableError, Hashable, CustomStringConvertible {
    /// The kind of error, open for more kinds later.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, as it stands in the audit log.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// The generator was not built, or did not answer, within ``TokenCacheOptions/timeout``; trying again may
        /// help.
        public static let timedOut = Self("timedOut")
        /// The generator made a token that had expired when it came; trying again may help.
        public static let expired = Self("expired")
        /// The issuer's wall clock shows no time between the years −9999 and 9999, so no expiry can be compared with
        /// it.
        public static let noTime = Self("noTime")
    }

    /// The kind of error.
    public let code: Code
    /// What is wrong, and what to do about it.
    public let message: String

    /// Whether the same call may succeed later.
    public var isRetryable: Bool { code != .noTime }

    /// The ``message``.
    public var description: String { message }

    /// The code under which the audit log files it.
    public var auditCode: String { "TokenIssuerError.\(code)" }

    static func timedOut(_ generator: String, _ limit: Duration) -> TokenIssuerError {
        let message = "The generator \(quoted(generator)) made no token within \(limit). Try again, or raise timeout."
        return TokenIssuerError(code: .timedOut, message: message)
    }

    static func buildTimedOut(_ generator: String, _ limit: Duration) -> TokenIssuerError {
        let message =
            "Building the generator \(quoted(generator)) did not end in \(limit). It goes on: try again later, raise "
            + "timeout, or replace the generator."
        return TokenIssuerError(code: .timedOut, message: message)
    }

    static func expired(_ generator: String) -> TokenIssuerError {
        let message = "The generator \(quoted(generator)) made a token that has expired. Check the clocks."
        return TokenIssuerError(code: .expired, message: message)
    }

    static func noTime() -> TokenIssuerError {
        let message =
            "The issuer's clock shows no time between the years -9999 and 9999. Correct the clock it was given."
        return TokenIssuerError(code: .noTime, message: message)
    }

    private static func quoted(_ name: String) -> String {
        // Counted in scalars: a character may have any number of combining marks.
        String(reflecting: String(String.UnicodeScalarView(name.unicodeScalars.prefix(100))))
    }
}

extension TokenIssuerError {
    /// Returns whether code and message are the same, byte by byte.
    public static func == (left: Self, right: Self) -> Bool {
        left.code == right.code && left.message.isBytewiseEqual(to: right.message)
    }

    /// Hashes the message.
    public func hash(into hasher: inout Hasher) { hasher.combine(ByteText(message)) }
}
