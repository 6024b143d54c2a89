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
        /// The host is a loopback name, an IP address, a socket path or holds a port, so no token can be valid for it.
        package static let unsignableHost = Self("unsignableHost")
        /// `aws_rds_iam_port` is not a port.
        package static let invalidPort = Self("invalidPort")
        /// `aws_rds_iam_role_arn` is not an ARN.
        package static let invalidRole = Self("invalidRole")
        /// A keyword stands beside a source of credentials that does not know it, or without the role that it is for.
        package static let conflictingCredentials = Self("conflictingCredentials")
        /// The host belongs to another service, whose tokens another generator makes.
        package static let otherService = Self("otherService")
        /// Neither the connection string nor the generator names the secret.
        package static let noSecret = Self("noSecret")
        /// The credentials have expired, or expire within a second; may be retried.
        public static let expiredCredentials = Self("expiredCredentials")
    }

    /// The kind of this error.
    public let code: Code
    /// What is wrong and what to do.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    static let noRegion = Self(
        .noRegion,
        "The AWS region is not known, as the host name does not tell it. Set \(AWSKeyword.region) in the connection string, "
            + "AWS_REGION, or the region of the profile."
    )
    static let expiredCredentials = Self(.expiredCredentials, "The AWS credentials have expired. Renew them.")
    static let invalidPort = Self(
        .invalidPort,
        "The connection string's \(AWSKeyword.port) is invalid. Set it to a number from 1 to 65535."
    )
    static let invalidRole = Self(
        .invalidRole,
        "The connection string's \(AWSKeyword.roleARN) is invalid. Set it to the ARN of a role, such as "
            + "arn:aws:iam::111122223333:role/app."
    )
    static let noSecret = Self(
        .noSecret,
        "The connection string names no secret. Set \(AWSKeyword.secretID) to the secret's name or ARN."
    )

    static func conflict(_ rule: String) -> Self { Self(.conflictingCredentials, "The connection string's \(rule)") }

    static func redshift(_ generator: String) -> Self {
        Self(
            .otherService,
            "The host is an endpoint of Amazon Redshift, which takes no RDS token. Set "
                + "aws_rds_iam_auth_token_generator=\(generator) in the connection string."
        )
    }

    /// - Parameters:
    ///   - subject: The host, or the keyword that names it.
    ///   - obstacle: What it is instead of a name.
    static func unsignableHost(_ subject: String, _ obstacle: String) -> Self {
        Self(
            .unsignableHost,
            "A token is signed for the name AWS gave the endpoint, and \(subject) is \(obstacle). "
                + "Set \(AWSKeyword.host) in the connection string to that name."
        )
    }

    static func hostWithPort(_ host: String, _ port: String) -> Self {
        Self(
            .unsignableHost,
            "The connection string's \(AWSKeyword.host) holds a port. Set \(AWSKeyword.host)=\(host) and "
                + "\(AWSKeyword.port)=\(port)."
        )
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
