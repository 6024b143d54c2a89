public import RDSIAMBasics

/// Why a request was not signed.
///
/// Only ``Code/cryptographyUnavailable`` may be retried: all other errors are in the input. The message names the field
/// at fault and what it may hold. It never quotes the input, which may be a secret.
public struct SigV4Error: RetryableError, Hashable, CustomStringConvertible {
    /// The kind of an error, open for more kinds later.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the kind, as it stands in logs.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// An access key ID, secret access key or session token that no AWS service can have issued.
        public static let invalidCredentials = Self("invalidCredentials")
        /// A host that is empty or holds anything but letters, digits, `-`, `.`, `_`, `[`, `]` and `:`.
        public static let invalidHost = Self("invalidHost")
        /// A port outside 1…65535.
        package static let invalidPort = Self("invalidPort")
        /// A database user that is empty or holds a control character.
        package static let invalidUser = Self("invalidUser")
        /// A region or service that is empty or holds anything but letters, digits, `-` and `_`.
        package static let invalidScope = Self("invalidScope")
        /// A signing time before 1970 or after 9999, or one that is no number.
        package static let invalidTime = Self("invalidTime")
        /// A validity in seconds that the service would refuse.
        package static let invalidExpiry = Self("invalidExpiry")
        /// A method, path, header or payload hash that cannot stand in an HTTP request.
        public static let invalidRequest = Self("invalidRequest")
        /// libcrypto offers no SHA-256, because of its configuration or because memory ran out; may be retried.
        public static let cryptographyUnavailable = Self("cryptographyUnavailable")
    }

    /// The kind of this error.
    public let code: Code
    /// What is wrong and what to do, without any part of the input.
    public let message: String

    /// Creates an error of a kind.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the same call may succeed later: only for ``Code/cryptographyUnavailable``.
    public var isRetryable: Bool { code == .cryptographyUnavailable }

    /// The message.
    public var description: String { message }

    static let cryptographyUnavailable = Self(
        .cryptographyUnavailable,
        "OpenSSL offers no SHA-256. Check the providers in its configuration, openssl.cnf."
    )
}
