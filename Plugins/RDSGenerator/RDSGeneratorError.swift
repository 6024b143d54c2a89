public import AuthTokens

/// Why no token was signed although there are credentials.
///
/// Trying again with the same request does not help.
public struct RDSGeneratorError: AuditableError, Equatable, CustomStringConvertible {
    /// What is wrong and what to do.
    public let description: String
    /// The code under which the audit log files it.
    public let auditCode: String

    /// Nobody says which region the database is in.
    public static let noRegion = RDSGeneratorError(
        description: """
            no AWS region: the host name does not say one; set aws_rds_iam_region in the connection string, AWS_REGION, \
            or the profile's region
            """,
        auditCode: "RDSGeneratorError.noRegion"
    )
}
