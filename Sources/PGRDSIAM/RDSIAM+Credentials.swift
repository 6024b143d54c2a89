public import AWSGenerators

extension RDSIAM {
    /// The credential sources that connection strings may name with `aws_rds_iam_credentials`.
    ///
    /// It starts with `default`, `environment`, `profile`, `web-identity`, `container` and `imds`. A program registers
    /// others at start-up:
    ///
    /// ```swift
    /// try RDSIAM.credentialSources.add("reporting") { .profile("reporting") }
    /// ```
    public static var credentialSources: AWSCredentialSourceRegistry { .shared }
}
