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
