/// The way from a profile to its credentials: a source, and the roles assumed from there.
struct ProfilePlan {
    var base: any AWSCredentialSource
    /// The profile at the root of the way, whose source ``base`` is.
    var baseProfile: String
    /// The roles, first to be assumed first.
    var roles: [AssumedRole]
}

/// Finds the way from a profile to its credentials.
struct ProfilePlanner {
    let configuration: SharedConfiguration
    let sources: ProfileSources

    /// Plans the way.
    ///
    /// - Throws: ``AWSCredentialError``: `notConfigured` where the profile itself says nothing about credentials; otherwise
    ///   `invalidConfiguration`, or `unsupported` for MFA.
    func plan(for selected: String) throws -> ProfilePlan {
        var roles: [AssumedRole] = []
        var visited: [String] = []
        var name = selected
        while true {
            guard let profile = configuration.profiles[name] else {
                throw Self.invalid(
                    "The profile '\(visited.last ?? name)' names the source_profile '\(name)', which does not exist."
                )
            }
            visited.append(name)
            // Further along the way a profile's own keys come before its role.
            if visited.count > 1, let keys = try sources.staticKeys(name) {
                return ProfilePlan(base: keys, baseProfile: name, roles: roles.reversed())
            }
            guard let step = try RoleStep(name, profile) else {
                let base = try base(name, isFirst: visited.count == 1)
                return ProfilePlan(base: base, baseProfile: name, roles: roles.reversed())
            }
            roles.append(step.role)
            switch step.origin {
            case .credentialSource(let source):
                let base = try sources.named(source, profile: name)
                return ProfilePlan(base: base, baseProfile: name, roles: roles.reversed())
            case .profile(name):
                return ProfilePlan(base: try ownKeys(name), baseProfile: name, roles: roles.reversed())
            case .profile(let next):
                guard !visited.contains(next) else {
                    let circle = (visited + [next]).joined(separator: " → ")
                    throw Self.invalid("The profiles lead in a circle by source_profile: \(circle).")
                }
                name = next
            }
        }
    }

    private func ownKeys(_ name: String) throws -> any AWSCredentialSource {
        if let keys = try sources.staticKeys(name) { return keys }
        throw Self.invalid("The profile '\(name)' is its own source_profile but holds no aws_access_key_id.")
    }

    /// The order is that of the AWS SDK for Rust.
    private func base(_ name: String, isFirst: Bool) throws -> any AWSCredentialSource {
        if let source = try sources.webIdentity(name) { return source }
        if let source = try sources.sso(name) { return source }
        if let source = sources.login(name) { return source }
        if let source = sources.process(name) { return source }
        if let source = try sources.staticKeys(name) { return source }
        let message = "The profile '\(name)' holds no credentials."
        throw isFirst ? AWSCredentialError(.notConfigured, message) : Self.invalid(message)
    }

    static func invalid(_ message: String) -> AWSCredentialError {
        AWSCredentialError(.invalidConfiguration, message)
    }
}
