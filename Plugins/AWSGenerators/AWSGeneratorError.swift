public import AWSCredentialSources
public import AWSSigV4
public import AuthTokens
// Adopters see one declaration of it, the protocol of errors that may be retried.
@_exported public import RDSIAMBasics

/// Why no token was signed although nothing is wrong with the credential sources.
///
/// Only ``Code/expiredCredentials`` may be retried: the source may have renewed its credentials by then. All other
/// errors are in the request or the configuration.
public struct AWSGeneratorError: AuditableError, RetryableError, Hashable, CustomStringConvertible {
    /// The kind of an error, open for more kinds later.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the kind, as it stands in the audit log.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// Neither the request nor the configuration names the region of the database.
        public static let noRegion = Self("noRegion")
        /// The host is a loopback name, an IP address or a socket path, for which no token can be valid.
        public static let unsignableHost = Self("unsignableHost")
        /// `aws_rds_iam_port` is not a port.
        public static let invalidPort = Self("invalidPort")
        /// `aws_rds_iam_role_arn` is not an ARN.
        public static let invalidRole = Self("invalidRole")
        /// `aws_rds_iam_profile` stands beside a source of credentials that has no profiles.
        public static let conflictingCredentials = Self("conflictingCredentials")
        /// The credentials have expired, or expire within a second; may be retried.
        public static let expiredCredentials = Self("expiredCredentials")
    }

    /// The kind of this error.
    public let code: Code
    /// What is wrong and what to do.
    public let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the same call may succeed later: only for ``Code/expiredCredentials``.
    public var isRetryable: Bool { code == .expiredCredentials }

    /// The message.
    public var description: String { message }

    /// The code under which the audit log files it.
    public var auditCode: String { "AWSGeneratorError.\(code)" }
}

extension SigV4Error: AuditableError {
    /// The code under which the audit log files it.
    public var auditCode: String { "SigV4Error.\(code)" }
}

extension AWSCredentialError: AuditableError {
    /// The code under which the audit log files it.
    public var auditCode: String { "AWSCredentialError.\(code)" }
}
