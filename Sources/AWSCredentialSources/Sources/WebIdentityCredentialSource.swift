/// A role assumed with a token that an identity provider keeps in a file, as EKS does for service accounts.
///
/// The file is read at each call: the kubelet replaces it before the token expires.
public struct WebIdentityCredentialSource: AWSCredentialSource {
    private struct Setting: Sendable {
        var tokenFile: String
        var role: AssumedRole
    }

    private let setting: Setting?
    private let client: STSClient
    private let context: CredentialContext

    /// Creates the source that `AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN` and, if it likes, `AWS_ROLE_SESSION_NAME`
    /// describe.
    ///
    /// - Parameter context: The environment.
    public init(context: CredentialContext = .system) {
        self.setting = nil
        self.client = STSClient(context: context)
        self.context = context
    }

    init(tokenFile: String, role: AssumedRole, client: STSClient, context: CredentialContext) {
        self.setting = Setting(tokenFile: tokenFile, role: role)
        self.client = client
        self.context = context
    }

    /// ``AWSCredentialSourceKind/webIdentity``.
    public var kind: AWSCredentialSourceKind { .webIdentity }

    /// Reads the token and asks STS for the role's credentials.
    ///
    /// - Throws: ``AWSCredentialError``: `notConfigured` without a token file, `invalidConfiguration` if the file
    ///   stands without a role, `unreadableFile`, or what STS answers.
    public func credentials() async throws -> AWSCredentials {
        let setting = try setting ?? environmentSetting()
        let token = try await context.secret(in: setting.tokenFile, what: "The web identity token file")
        return try await client.assumeRole(setting.role, withWebIdentity: token)
    }

    private func environmentSetting() throws -> Setting {
        guard let file = context.variable("AWS_WEB_IDENTITY_TOKEN_FILE") else {
            throw AWSCredentialError(.notConfigured, "AWS_WEB_IDENTITY_TOKEN_FILE is not set.")
        }
        guard let arn = context.variable("AWS_ROLE_ARN") else {
            throw AWSCredentialError.invalid(
                "AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not: set both or neither."
            )
        }
        let role = AssumedRole(arn: arn.trimmed, sessionName: context.variable("AWS_ROLE_SESSION_NAME"))
        return Setting(tokenFile: file, role: role)
    }
}
