import RDSIAMSystem

/// The variables `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, for temporary credentials, `AWS_SESSION_TOKEN`
/// (or, in its old name, `AWS_SECURITY_TOKEN`).
///
/// `AWS_ACCOUNT_ID` names the account, `AWS_CREDENTIAL_EXPIRATION` the end (as botocore reads it). A blank value counts
/// as unset.
public struct EnvironmentCredentialSource: AWSCredentialSource {
    private let context: CredentialContext

    /// Creates the source.
    ///
    /// - Parameter context: The environment.
    public init(context: CredentialContext = .system) {
        self.context = context
    }

    /// ``AWSCredentialSourceKind/environment``.
    public var kind: AWSCredentialSourceKind { .environment }

    /// Reads the variables.
    ///
    /// - Throws: ``AWSCredentialError``: `notConfigured` without an access key ID, `invalidConfiguration` if the access
    ///   key ID stands alone or the expiration is no RFC 3339 time, `expired` if the expiration has passed.
    public func credentials() async throws -> AWSCredentials { try read() }

    /// Returns what ``credentials()`` returns, or `nil` if it throws.
    public func cachedCredentials() -> AWSCredentials? { try? read() }

    private func read() throws -> AWSCredentials {
        guard let accessKeyID = context.variable("AWS_ACCESS_KEY_ID") else {
            throw AWSCredentialError(.notConfigured, "AWS_ACCESS_KEY_ID is not set.")
        }
        guard let secretAccessKey = context.variable("AWS_SECRET_ACCESS_KEY") else {
            throw AWSCredentialError.invalid(
                "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not: set both or neither."
            )
        }
        // The old name comes first, as in botocore.
        let tokenName = context.variable("AWS_SECURITY_TOKEN") == nil ? "AWS_SESSION_TOKEN" : "AWS_SECURITY_TOKEN"
        let credentials = AWSCredentials(
            accessKeyID: accessKeyID,
            secretAccessKey: secretAccessKey,
            sessionToken: context.variable(tokenName),
            expiration: try expiration(),
            accountID: context.variable("AWS_ACCOUNT_ID"),
            provenance: .init(source: .environment)
        )
        if let part = credentials.unusablePart(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", tokenName]) {
            throw AWSCredentialError.invalid(
                "The variable \(part) holds a blank or a line end. Set it again without."
            )
        }
        return try credentials.refusingExpired(at: context.now())
    }

    private func expiration() throws -> Date? {
        guard let text = context.variable("AWS_CREDENTIAL_EXPIRATION") else { return nil }
        guard let date = Expiration.date(text) else {
            throw AWSCredentialError.invalid(
                "AWS_CREDENTIAL_EXPIRATION has \(Expiration.fault(text)). Correct or unset it."
            )
        }
        return date
    }
}
