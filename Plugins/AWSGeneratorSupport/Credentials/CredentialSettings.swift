import AuthTokens

/// What a connection string says about credentials.
struct CredentialSettings: Hashable {
    /// Where credentials come from, before any role is assumed.
    enum Origin: Hashable {
        /// The generator's own source.
        case generator
        /// A source in the registry.
        case named(String)
        /// The default chain, beginning with this profile.
        case chain(profile: String)
        /// This profile and nothing else.
        case profile(String)
    }

    let origin: Origin
    /// The role to assume with them.
    let role: String?

    init(of request: AuthTokenRequest) throws(AWSGeneratorError) {
        var name: String?
        var profile: String?
        var role: String?
        // There are a few at most: going through them takes less time than looking three up.
        for (keyword, value) in request.parameters where !value.isEmpty {
            switch keyword {
            case AWSCredentialDirectory.credentialsKeyword: name = value
            case AWSCredentialDirectory.profileKeyword: profile = value
            case AWSCredentialDirectory.roleKeyword: role = value
            default: break
            }
        }
        origin = try Self.origin(name: name, profile: profile)
        self.role = role
        if let role, !role.hasPrefix("arn:") {
            throw AWSGeneratorError(
                .invalidRole,
                "\(AWSCredentialDirectory.roleKeyword) must be a role's ARN, such as arn:aws:iam::111122223333:role/app"
            )
        }
    }

    private static func origin(name: String?, profile: String?) throws(AWSGeneratorError) -> Origin {
        switch (name, profile) {
        case (let name?, nil): return .named(name)
        case (nil, nil): return .generator
        case (nil, let profile?), ("default", let profile?): return .chain(profile: profile)
        case ("profile", let profile?): return .profile(profile)
        default:
            throw AWSGeneratorError(
                .conflictingCredentials,
                "\(AWSCredentialDirectory.profileKeyword) goes with \(AWSCredentialDirectory.credentialsKeyword)=profile or "
                    + "=default, and with no other source"
            )
        }
    }
}
