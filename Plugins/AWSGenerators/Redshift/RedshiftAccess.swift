import AWSCredentialSources
import AuthTokens
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
    ///   - autoCreate: Whether Redshift creates the user where there is none.
    ///   - groups: Database groups that the user joins for the session.
    public static func user(autoCreate: Bool = false, groups: [String] = []) -> Self {
        Self(kind: .user(autoCreate: autoCreate, groups: groups))
    }

    /// `GetClusterCredentialsWithIAM`: a database user that stands for the IAM identity.
    public static let identity = Self(kind: .identity)

    /// `GetCredentials` of Redshift Serverless: a database user that stands for the IAM identity.
    public static let serverless = Self(kind: .serverless)

    func call(in region: String, context: CredentialContext) -> AWSServiceCall {
        kind == .serverless
            ? AWSServiceCall(
                AWSService("redshift-serverless", settingName: "REDSHIFT_SERVERLESS"),
                operation,
                format: .json(target: "RedshiftServerless"),
                region: region,
                context: context
            )
            : AWSServiceCall(
                AWSService("redshift", settingName: "REDSHIFT", govCloudIsFIPS: true),
                operation,
                format: .form,
                region: region,
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
