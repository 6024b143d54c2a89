package import AWSCredentialSources
package import AuthTokens

extension CredentialIdentity {
    /// What the audit log takes of AWS credentials.
    package init(_ credentials: AWSCredentials) {
        self.init(
            source: credentials.provenance.source.rawValue,
            accessKeyID: credentials.accessKeyID,
            profile: credentials.provenance.profile,
            accountID: credentials.accountID,
            roleARN: credentials.provenance.roleARN
        )
    }
}
