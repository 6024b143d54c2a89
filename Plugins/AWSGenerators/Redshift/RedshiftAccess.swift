import AWSCredentialSources
public import AuthTokens
import RDSIAMBasics
import RDSIAMSystem

/// Which of Redshift's operations returns the password.
public struct RedshiftAccess: Sendable, Hashable {
    private enum Kind: Hashable {
        case user(autoCreate: Bool, groups: [String])
        case identity
        case serverless
    }

    private let kind: Kind

    /// `GetClusterCredentials`: a password for the database user of the connection string.
    ///
    /// - Parameters:
    ///   - autoCreate: Whether Redshift creates the user if there is none.
    ///   - groups: Database groups that the user joins for the session.
    public static func user(autoCreate: Bool = false, groups: [String] = []) -> Self {
        Self(kind: .user(autoCreate: autoCreate, groups: groups))
    }

    /// `GetClusterCredentialsWithIAM`: a database user that stands for the IAM identity.
    public static let identity = Self(kind: .identity)

    /// `GetCredentials` of Redshift Serverless: a database user that stands for the IAM identity.
    public static let serverless = Self(kind: .serverless)

    func call(in region: String, profile: String?, context: CredentialContext) -> AWSServiceCall {
        kind == .serverless
            ? AWSServiceCall(
                AWSService("redshift-serverless", settingName: "REDSHIFT_SERVERLESS"),
                operation,
                format: .json(target: "RedshiftServerless"),
                region: region,
                profile: profile,
                context: context
            )
            : AWSServiceCall(
                AWSService("redshift", settingName: "REDSHIFT", govCloudIsFIPS: true),
                operation,
                format: .form,
                region: region,
                profile: profile,
                context: context
            )
    }

    var operation: String {
        switch kind {
        case .user: "GetClusterCredentials"
        case .identity: "GetClusterCredentialsWithIAM"
        case .serverless: "GetCredentials"
        }
    }

    func body(for request: AuthTokenRequest, target: String, lifetime: Int) throws -> [UInt8] {
        if kind == .serverless {
            let call = ServerlessCall(workgroupName: target, dbName: request.database, durationSeconds: lifetime)
            return try JSONValue.encode(call)
        }
        var fields = [
            ("Action", operation), ("Version", "2012-12-01"), ("ClusterIdentifier", target),
            ("DurationSeconds", String(lifetime)),
        ]
        if let database = request.database { fields.append(("DbName", database)) }
        if case .user(let autoCreate, let groups) = kind {
            fields.append(("DbUser", request.user))
            if autoCreate { fields.append(("AutoCreate", "true")) }
            for (index, group) in groups.enumerated() { fields.append(("DbGroups.DbGroup.\(index + 1)", group)) }
        }
        return AWSServiceCall.form(fields.map { (name: $0.0, value: $0.1) })
    }

    func grant(_ answer: [UInt8]) throws(RedshiftError) -> RedshiftGrant {
        let grant = kind == .serverless ? RedshiftGrant(json: answer) : RedshiftGrant(xml: answer)
        guard let grant else { throw RedshiftError.invalidAnswer }
        return grant
    }

    private struct ServerlessCall: Encodable {
        let workgroupName: String
        let dbName: String?
        let durationSeconds: Int
    }
}

/// The user and password that Redshift answers.
struct RedshiftGrant {
    let user: String
    let password: String
    let expiresAt: Date

    /// Returns `nil` if the answer is not Redshift's.
    init?(xml: [UInt8]) {
        guard let text = AWSServiceCall.texts(ofXML: xml), let user = text("DbUser"), let password = text("DbPassword"),
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
