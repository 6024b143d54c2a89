import RDSIAMBasics

/// The connection-string keywords that the generators for AWS understand.
public enum AWSKeyword {
    /// Names the region to sign for, before everything else that may name one.
    public static let region = "aws_rds_iam_region"
    /// Names the endpoint to sign for if another address is dialed.
    public static let host = "aws_rds_iam_host"
    /// Names the port to sign for if another one is dialed.
    public static let port = "aws_rds_iam_port"
    /// Names a credential source in the ``AWSCredentialSourceRegistry``.
    public static let credentials = "aws_rds_iam_credentials"
    /// Names a profile of the shared configuration.
    ///
    /// By itself, or with `aws_rds_iam_credentials=default`, it outranks the environment's keys in the default chain,
    /// as `--profile` does in the AWS CLI. With `aws_rds_iam_credentials=profile` the profile alone is asked. Its
    /// region counts as the AWS configuration's.
    public static let profile = "aws_rds_iam_profile"
    /// Names a role to assume with the credentials (STS, `AssumeRole`), at the STS endpoint of the region.
    public static let roleARN = "aws_rds_iam_role_arn"
    /// The external ID that the role's owner asks for.
    public static let externalID = "aws_rds_iam_external_id"
    /// What the role's session is called in CloudTrail.
    public static let roleSessionName = "aws_rds_iam_role_session_name"
    /// The name or ARN of a secret in Secrets Manager.
    public static let secretID = "aws_rds_iam_secret_id"

    /// What all generators for AWS understand: the region, the endpoint, and whose credentials.
    public static let common = [
        region, host, port, credentials, profile, roleARN, externalID, roleSessionName,
    ]
}

extension AWSKeyword {
    /// Signing endpoints that are not as many as the hosts of a connection string.
    package struct EndpointCountMismatch: Error {
        private let keyword: String
        private let found: Int
        private let wanted: Int

        fileprivate init(_ keyword: String, found: Int, wanted: Int) {
            (self.keyword, self.found, self.wanted) = (keyword, found, wanted)
        }

        /// What is wrong, and what to do.
        package var message: String {
            let found = found == 1 ? "one" : "\(found)"
            let hosts = wanted == 1 ? "is one host" : "are \(wanted) hosts"
            return "The connection string's \(keyword) names \(found), and there \(hosts). Name one for each host, "
                + "separated by commas."
        }
    }

    /// Returns the parameters for one of several hosts: of a list of signing endpoints, the one in the same place.
    ///
    /// One port may stand for all, as libpq's `port` does. One name may not, unless the hosts have one name or none:
    /// the endpoint of one host is not that of another, and RDS refuses a token for it.
    ///
    /// - Parameters:
    ///   - index: The host's place among the hosts.
    ///   - hosts: The names of all, in the order of the connection string; `nil` for a host without a name.
    ///   - parameters: What the connection string says to generators, by keyword.
    package static func parameters(
        ofHost index: Int,
        of hosts: [[UInt8]?],
        in parameters: [String: String]
    ) throws(EndpointCountMismatch) -> [String: String] {
        let shareOneName = hosts.allSatisfy { $0 == hosts[0] }
        var own = parameters
        for keyword in [host, port] {
            guard let list = parameters[keyword], !list.isEmpty else { continue }
            let values = list.splitBytes(separator: ",", omittingEmptySubsequences: false)
            if values.count == 1, shareOneName || keyword.isBytewiseEqual(to: port) { continue }
            guard values.count == hosts.count else {
                throw EndpointCountMismatch(keyword, found: values.count, wanted: hosts.count)
            }
            own[keyword] = values[index]
        }
        return own
    }
}
