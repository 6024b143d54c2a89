import AuthTokens
import RDSIAMBasics

/// What a connection string says about credentials.
///
/// Names are compared byte by byte: to AWS's configuration files, the composed and the decomposed form of a character
/// differ.
struct CredentialSettings {
    /// Where credentials come from, before any role is assumed.
    enum Origin: Hashable {
        /// The generator's own source.
        case generator
        /// A source in the registry.
        case named(ByteText)
        /// The default chain, beginning with this profile.
        case chain(profile: ByteText)
        /// This profile and nothing else.
        case profile(ByteText)
    }

    let origin: Origin
    /// The role to assume with them.
    let role: ByteText?

    init(of request: AuthTokenRequest) throws(AWSGeneratorError) {
        var name: ByteText?
        var profile: ByteText?
        var role: ByteText?
        // There are a few at most: going through them takes less time than looking three up.
        for (keyword, value) in request.parameters where !value.isEmpty {
            switch keyword {
            case AWSCredentialDirectory.credentialsKeyword: name = ByteText(value)
            case AWSCredentialDirectory.profileKeyword: profile = ByteText(value)
            case AWSCredentialDirectory.roleKeyword: role = ByteText(value)
            default: break
            }
        }
        origin = try Self.origin(name: name, profile: profile)
        self.role = role
        if let role, !role.string.hasBytePrefix("arn:") {
            throw AWSGeneratorError(
                .invalidRole,
                "The connection string's \(AWSCredentialDirectory.roleKeyword) is invalid. Set it to the ARN of a role, such as "
                    + "arn:aws:iam::111122223333:role/app."
            )
        }
    }

    private static func origin(name: ByteText?, profile: ByteText?) throws(AWSGeneratorError) -> Origin {
        switch (name, profile) {
        case (let name?, nil): return .named(name)
        case (nil, nil): return .generator
        case (nil, let profile?), ("default", let profile?): return .chain(profile: profile)
        case ("profile", let profile?): return .profile(profile)
        default:
            throw AWSGeneratorError(
                .conflictingCredentials,
                "The connection string's \(AWSCredentialDirectory.profileKeyword) goes only with "
                    + "\(AWSCredentialDirectory.credentialsKeyword)=profile or =default. Remove one of the two."
            )
        }
    }
}
