/// A profile of the shared configuration (`~/.aws/config` and `~/.aws/credentials`).
///
/// The files are read at each call, so that keys which another program rotates are seen. `AWS_CONFIG_FILE` and
/// `AWS_SHARED_CREDENTIALS_FILE` move them, `AWS_PROFILE` and `AWS_DEFAULT_PROFILE` choose the profile where the code does not.
public struct ProfileCredentialSource: AWSCredentialSource {
    private let selection: ProfileSelection
    private let context: CredentialContext

    /// Creates the source.
    ///
    /// - Parameters:
    ///   - profile: The profile's name; nil leaves the choice to `AWS_PROFILE` and then `default`.
    ///   - context: The outside world.
    public init(_ profile: String? = nil, context: CredentialContext = .system) {
        self.selection = ProfileSelection(profile, context: context)
        self.context = context
    }

    /// ``AWSCredentialSourceKind/profile``.
    public var kind: AWSCredentialSourceKind { .profile }

    /// Reads the files and follows the profile to credentials.
    ///
    /// - Throws: ``AWSCredentialError``: `notConfigured` where nobody named a profile and `default` has no credentials,
    ///   `invalidConfiguration` where a named profile is missing or a file is malformed.
    public func credentials() async throws -> AWSCredentials {
        let loader = SharedConfigurationLoader(context: context)
        let configuration = try await loader.load()
        guard let profile = configuration.profiles[selection.name] else {
            throw missing(in: loader.places, configuration: configuration)
        }
        return try staticCredentials(profile)
    }

    private func missing(in places: String, configuration: SharedConfiguration) -> AWSCredentialError {
        guard selection.isExplicit else {
            return AWSCredentialError(.notConfigured, "There is no profile 'default' in \(places).")
        }
        let hints = configuration.warnings.map { " \($0)" }.joined()
        return AWSCredentialError(
            .invalidConfiguration,
            "The profile '\(selection.name)' is neither in \(places): correct AWS_PROFILE or add the profile.\(hints)"
        )
    }

    private func staticCredentials(_ profile: SharedConfiguration.Section) throws -> AWSCredentials {
        guard let accessKeyID = profile.value("aws_access_key_id") else {
            throw AWSCredentialError(.notConfigured, "The profile '\(selection.name)' holds no credentials.")
        }
        guard let secretAccessKey = profile.value("aws_secret_access_key") else {
            throw AWSCredentialError(
                .invalidConfiguration,
                "The profile '\(selection.name)' has aws_access_key_id but no aws_secret_access_key."
            )
        }
        return AWSCredentials(
            accessKeyID: accessKeyID,
            secretAccessKey: secretAccessKey,
            sessionToken: profile.value("aws_session_token"),
            accountID: profile.value("aws_account_id"),
            provenance: .init(source: .profile, profile: selection.name)
        )
    }
}
