import RDSIAMSystem

/// The role of an EC2 instance, from the instance metadata service (IMDSv2).
///
/// Version 1 is never spoken. `AWS_EC2_METADATA_DISABLED=true` keeps the source from making any connection.
public struct InstanceMetadataCredentialSource: AWSCredentialSource {
    private let profile: ProfileSelection
    private let context: CredentialContext

    /// Creates the source.
    ///
    /// - Parameters:
    ///   - profile: The profile whose endpoint settings hold; `nil` leaves the choice to `AWS_PROFILE` and then
    ///     `default`.
    ///   - context: The environment.
    public init(profile: String? = nil, context: CredentialContext = .system) {
        self.profile = ProfileSelection(profile, context: context)
        self.context = context
    }

    /// ``AWSCredentialSourceKind/instanceMetadata``.
    public var kind: AWSCredentialSourceKind { .instanceMetadata }

    /// Asks the service for the instance's role and its credentials.
    ///
    /// During an outage AWS may answer credentials past their expiration; they are returned with that expiration.
    ///
    /// - Throws: ``AWSCredentialError``: `notConfigured` if the service is disabled or not there or the instance has no
    ///   role; otherwise what the service answers.
    public func credentials() async throws -> AWSCredentials {
        let client = try await InstanceMetadataClient(profile: profile, context: context)
        return try await client.session { try await roleCredentials(client, token: $0) }
    }

    private static let folder = "/latest/meta-data/iam/security-credentials/"

    /// The role's name is asked for each time: it may change.
    private func roleCredentials(_ client: InstanceMetadataClient, token: String) async throws -> AWSCredentials {
        let list = try await client.read(Self.folder, token: token) ?? []
        let lines = list.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        guard let role = lines.first?.text.trimmed, !role.isEmpty else {
            throw AWSCredentialError(.notConfigured, "The EC2 instance has no role.")
        }
        guard Self.isRoleName(role) else { throw Self.unreadable }
        guard let document = try await client.read(Self.folder + role, token: token) else {
            throw AWSCredentialError(.serviceUnavailable, "The EC2 instance's role has no credentials yet.")
        }
        return try credentials(in: document)
    }

    private func credentials(in document: [UInt8]) throws -> AWSCredentials {
        guard let members = JSONValue.object(document) else { throw Self.unreadable }
        if let code = members.text("Code"), code != "Success" { throw Self.failure(code) }
        let name = "The instance metadata service answered something other than credentials: its document"
        return try CredentialDocument(members: members, name: name)
            .credentials(.init(source: .instanceMetadata), areTemporary: true)
    }

    private static func failure(_ code: String) -> AWSCredentialError {
        let code = isRoleName(code) ? code : "Unknown"
        let message = "The instance metadata service has no credentials: \(code)."
        guard code == "AssumeRoleUnauthorizedAccess" else {
            return AWSCredentialError(.serviceUnavailable, message, serviceCode: code)
        }
        let hint = "Let the trust policy of the instance's role name ec2.amazonaws.com."
        return AWSCredentialError(.invalidConfiguration, "\(message) \(hint)", serviceCode: code)
    }

    private static let unreadable = InstanceMetadataClient.unreadable("credentials")

    /// IAM role names: letters, digits and `+=,.@_-`.
    private static func isRoleName(_ text: String) -> Bool {
        text.isASCIIName(of: 0...128, alsoHolding: "+=,.@_-")
    }
}
