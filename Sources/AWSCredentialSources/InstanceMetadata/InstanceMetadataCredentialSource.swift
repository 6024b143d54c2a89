/// The role of an EC2 instance, from the instance metadata service (IMDSv2).
///
/// Version 1 is never spoken. `AWS_EC2_METADATA_DISABLED=true` keeps the source from making any connection.
public struct InstanceMetadataCredentialSource: AWSCredentialSource {
    private let profile: ProfileSelection
    private let context: CredentialContext

    /// Creates the source.
    ///
    /// - Parameters:
    ///   - profile: The profile whose endpoint settings hold; nil leaves the choice to `AWS_PROFILE` and then `default`.
    ///   - context: The outside world.
    public init(profile: String? = nil, context: CredentialContext = .system) {
        self.profile = ProfileSelection(profile, context: context)
        self.context = context
    }

    /// ``AWSCredentialSourceKind/instanceMetadata``.
    public var kind: AWSCredentialSourceKind { .instanceMetadata }

    /// Asks the service for the instance's role and its credentials.
    ///
    /// During an outage AWS may answer credentials past their expiry; they are handed on with that expiry.
    ///
    /// - Throws: ``AWSCredentialError``: `notConfigured` where the service is disabled or not there or the instance has no role; otherwise
    ///   what the service answers.
    public func credentials() async throws -> AWSCredentials {
        let configuration = try await SharedConfigurationLoader(context: context).load()
        let section = configuration.profiles[profile.name] ?? [:]
        let settings = InstanceMetadataSettings(context: context, profile: section)
        guard !settings.isDisabled else {
            throw AWSCredentialError(.notConfigured, "AWS_EC2_METADATA_DISABLED is true.")
        }
        guard context.http != nil else {
            let reason = "There is no HTTP client: build with the trait AsyncHTTPClient or give one."
            throw AWSCredentialError(.notConfigured, reason)
        }
        let client = InstanceMetadataClient(context: context, endpoint: try settings.endpoint())
        do {
            return try await roleCredentials(client)
        } catch is InstanceMetadataClient.SessionTokenRefused {
            return try await secondAttempt(client)
        }
    }

    private static let folder = "/latest/meta-data/iam/security-credentials/"

    /// The role's name is asked for each time: it may change.
    private func roleCredentials(_ client: InstanceMetadataClient) async throws -> AWSCredentials {
        let token = try await client.sessionToken()
        let list = try await client.read(Self.folder, token: token) ?? []
        let role = String(decoding: list, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init)
        guard let role = role?.trimmed, !role.isEmpty else {
            throw AWSCredentialError(.notConfigured, "The EC2 instance has no role.")
        }
        guard Self.isRoleName(role) else { throw InstanceMetadataClient.unreadable }
        guard let document = try await client.read(Self.folder + role, token: token) else {
            throw AWSCredentialError(.serviceUnavailable, "The EC2 instance's role has no credentials yet.")
        }
        return try credentials(in: document)
    }

    private func secondAttempt(_ client: InstanceMetadataClient) async throws -> AWSCredentials {
        do {
            return try await roleCredentials(client)
        } catch is InstanceMetadataClient.SessionTokenRefused {
            throw AWSCredentialError(
                .refused,
                "The instance metadata service refuses its own session token (status 401)."
            )
        }
    }

    private func credentials(in document: [UInt8]) throws -> AWSCredentials {
        guard let members = JSONValue.object(document) else { throw InstanceMetadataClient.unreadable }
        if let code = members.text("Code"), code != "Success" {
            throw AWSCredentialError(
                code == "AssumeRoleUnauthorizedAccess" ? .refused : .serviceUnavailable,
                "The instance metadata service has no credentials: \(Self.isRoleName(code) ? code : "it says why").",
                serviceCode: code
            )
        }
        let provenance = AWSCredentials.Provenance(source: .instanceMetadata)
        guard let credentials = CredentialDocument(members: members).credentials(provenance) else {
            throw InstanceMetadataClient.unreadable
        }
        return credentials
    }

    /// IAM role names: letters, digits and `+=,.@_-`.
    private static func isRoleName(_ text: String) -> Bool {
        text.utf8.count <= 128
            && text.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || $0.properties.numericType != nil
                        || "+=,.@_-".unicodeScalars.contains($0))
            }
    }
}
