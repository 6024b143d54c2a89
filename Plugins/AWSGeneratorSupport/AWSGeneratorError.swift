public import AWSCredentialSources
public import AWSSigV4
public import AuthTokens

/// Why no token was signed although nothing is wrong with the credential sources.
///
/// Trying again with the same request does not help, save for ``Code/expiredCredentials``.
public struct AWSGeneratorError: AuditableError, Hashable, CustomStringConvertible {
    /// The kind of an error, open for more kinds later.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The kind's name, as it stands in the audit log.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// Nobody says which region the database is in.
        public static let noRegion = Self("noRegion")
        /// The host is a loopback name, an IP address or a socket path, for which no token can be valid.
        public static let unsignableHost = Self("unsignableHost")
        /// `aws_rds_iam_port` is no port.
        public static let invalidPort = Self("invalidPort")
        /// `aws_rds_iam_role_arn` is no ARN.
        public static let invalidRole = Self("invalidRole")
        /// `aws_rds_iam_profile` stands beside a source of credentials that has no profiles.
        public static let conflictingCredentials = Self("conflictingCredentials")
        /// The credentials end this very second, or have ended.
        public static let expiredCredentials = Self("expiredCredentials")
    }

    /// The kind of this error.
    public let code: Code
    /// What is wrong and what to do.
    public let description: String

    /// The code under which the audit log files it.
    public var auditCode: String { "AWSGeneratorError.\(code)" }

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}

extension SigV4Error: AuditableError {
    /// The code under which the audit log files it.
    public var auditCode: String { "SigV4Error.\(code)" }
}

extension AWSCredentialError: AuditableError {
    /// The code under which the audit log files it.
    public var auditCode: String { "AWSCredentialError.\(code)" }
}
