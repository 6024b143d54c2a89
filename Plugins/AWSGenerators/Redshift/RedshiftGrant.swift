import AWSCredentialSources
public import AuthTokens
import RDSIAMBasics
import RDSIAMSystem

/// The user and password that Redshift answers.
struct RedshiftGrant {
    let user: String
    let password: String
    let expiresAt: Date

    /// Returns `nil` if the answer is not Redshift's.
    init?(xml: [UInt8]) {
        guard let text = awsTexts(xml), let user = text("DbUser"), let password = text("DbPassword"),
            let end = text("Expiration").flatMap({ Date(rfc3339: $0) })
        else { return nil }
        (self.user, self.password, expiresAt) = (user, password, end)
    }

    /// Returns `nil` if the answer is not Redshift Serverless's.
    init?(json: [UInt8]) {
        guard let answer = JSONValue.object(json), let user = answer.text("dbUser"),
            let password = answer.text("dbPassword"),
            let end = answer.member("expiration")?.text.flatMap(Double.init),
            // No calendar reaches further, and no integer may.
            CivilTime.range ~= Int64(exactly: end.rounded(.down)) ?? .max
        else { return nil }
        (self.user, self.password, expiresAt) = (user, password, Date(timeIntervalSince1970: end))
    }
}

/// Why Redshift returned no password although the call succeeded or was not made.
///
/// No code may be retried.
public struct RedshiftError: AuditableError, RetryableError, Hashable, CustomStringConvertible {
    /// The kind of an error, open for more kinds later.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the kind, as it stands in the audit log.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// Neither the generator nor the host name says which cluster or workgroup it is.
        public static let noTarget = Self("noTarget")
        /// The answer is not what Redshift answers.
        public static let invalidAnswer = Self("invalidAnswer")
    }

    /// The kind of this error.
    public let code: Code
    /// What is wrong and what to do.
    public let message: String

    /// Whether the same call may succeed later: never.
    public var isRetryable: Bool { false }

    /// The message.
    public var description: String { message }

    /// The code under which the audit log files it.
    public var auditCode: String { "RedshiftError.\(code)" }

    static let noTarget = Self(
        code: .noTarget,
        message:
            "The host name is not that of a Redshift endpoint. Name the cluster or workgroup with the generator's target."
    )
    static let invalidAnswer = Self(
        code: .invalidAnswer,
        message: "The answer is not what Redshift answers. Check the endpoint settings of the AWS configuration."
    )
}
