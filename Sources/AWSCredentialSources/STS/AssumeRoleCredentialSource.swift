/// A role assumed with the credentials of another source.
public struct AssumeRoleCredentialSource: AWSCredentialSource {
    private let role: AssumedRole
    private let base: any AWSCredentialSource
    private let client: STSClient

    /// Creates the source.
    ///
    /// - Parameters:
    ///   - role: The role to assume.
    ///   - base: Hands out the credentials that sign the call.
    ///   - client: The STS client.
    public init(_ role: AssumedRole, from base: any AWSCredentialSource, client: STSClient = STSClient()) {
        self.role = role
        self.base = base
        self.client = client
    }

    /// ``AWSCredentialSourceKind/assumeRole``.
    public var kind: AWSCredentialSourceKind { .assumeRole }

    /// Asks the base for credentials, then STS for the role's.
    ///
    /// - Throws: ``AWSCredentialError`` of the base or of STS.
    public func credentials() async throws -> AWSCredentials {
        try await client.assumeRole(role, as: try await base.credentials())
    }
}
