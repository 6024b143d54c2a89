import RDSIAMBasics

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
    let context: CredentialContext
    let endpoints: EndpointSettings
    let attempts: AttemptMemory

    /// More roles than any real chain has; STS itself shortens such sessions to an hour.
    private static let longestWay = 50

    /// Plans the way.
    ///
    /// - Throws: ``AWSCredentialError``: `notConfigured` if the profile itself says nothing about credentials;
    ///   otherwise `invalidConfiguration`, or `unsupported` for MFA.
    func plan(for selected: String) throws -> ProfilePlan {
        try plan(for: selected, after: [], assuming: [])
    }

    private func plan(for name: String, after way: [String], assuming later: [AssumedRole]) throws -> ProfilePlan {
        guard let profile = try configuration.section(.profile, name) else {
            let asking = way.last ?? name
            throw AWSCredentialError.invalid(
                "The profile '\(asking)' names the source_profile '\(name)', which does not exist. Add it, or correct the name."
                    + configuration.hints
            )
        }
        // Further along the way a profile's own keys come before its role.
        if !way.isEmpty, let keys = try staticKeys(name) {
            return ProfilePlan(base: keys, baseProfile: name, roles: later)
        }
        guard let step = try RoleStep(name, profile, canAskForCodes: context.terminal.mfaCode != nil) else {
            return ProfilePlan(base: try base(name, isFirst: way.isEmpty), baseProfile: name, roles: later)
        }
        let roles = [step.role] + later
        switch step.origin {
        case .credentialSource(let source):
            return ProfilePlan(base: try named(source, profile: name), baseProfile: name, roles: roles)
        case .profile(let next) where next.isBytewiseEqual(to: name):
            return ProfilePlan(base: try ownKeys(name), baseProfile: name, roles: roles)
        case .profile(let next):
            try refuseCircle(way + [name], next)
            return try plan(for: next, after: way + [name], assuming: roles)
        }
    }

    private func refuseCircle(_ way: [String], _ next: String) throws {
        guard way.count < Self.longestWay else {
            throw AWSCredentialError.invalid(
                "The profiles lead over more than \(Self.longestWay) source_profiles. Let fewer follow each other."
            )
        }
        guard way.contains(where: next.isBytewiseEqual) else { return }
        let circle = (way + [next]).joined(separator: " → ")
        throw AWSCredentialError.invalid(
            "The profiles lead in a circle by source_profile: \(circle). Give one of them another source."
        )
    }

    private func ownKeys(_ name: String) throws -> any AWSCredentialSource {
        if let keys = try staticKeys(name) { return keys }
        throw AWSCredentialError.invalid(
            "The profile '\(name)' is its own source_profile but holds no aws_access_key_id. Add its keys, or name another profile."
        )
    }

    /// The order is that of the AWS SDK for Rust.
    private func base(_ name: String, isFirst: Bool) throws -> any AWSCredentialSource {
        if let source = try webIdentity(name) { return source }
        if let source = try sso(name) { return source }
        if let source = login(name) { return source }
        if let source = process(name) { return source }
        if let source = try staticKeys(name) { return source }
        let message =
            "The profile '\(name)' holds no credentials. Add keys, or a source such as sso_session."
            + configuration.hints
        throw isFirst ? AWSCredentialError(.notConfigured, message) : AWSCredentialError.invalid(message)
    }
}

/// The sources that a profile can name.
extension ProfilePlanner {
    private func profile(_ name: String) -> SharedConfiguration.Section {
        configuration.all(.profile)[ByteText(name)] ?? .init()
    }

    private func staticKeys(_ name: String) throws -> StaticCredentialSource? {
        let profile = profile(name)
        guard let accessKeyID = profile.value("aws_access_key_id") else {
            guard profile.value("aws_secret_access_key") == nil else {
                throw Self.half(name, has: "aws_secret_access_key", lacks: "aws_access_key_id")
            }
            return nil
        }
        guard let secretAccessKey = profile.value("aws_secret_access_key") else {
            throw Self.half(name, has: "aws_access_key_id", lacks: "aws_secret_access_key")
        }
        // The old name comes first, as in botocore.
        let tokenKey: ByteText =
            profile.value("aws_security_token") == nil ? "aws_session_token" : "aws_security_token"
        let credentials = AWSCredentials(
            accessKeyID: accessKeyID,
            secretAccessKey: secretAccessKey,
            sessionToken: profile.value(tokenKey),
            accountID: profile.value("aws_account_id"),
            provenance: .init(source: .profile, profile: name)
        )
        if let part = credentials.unusablePart(["aws_access_key_id", "aws_secret_access_key", tokenKey.string]) {
            throw AWSCredentialError.invalid(
                "The profile '\(name)' in \(SharedConfigurationFiles(context: context).places) has \(part) with a blank or a "
                    + "line end. Correct it."
            )
        }
        return StaticCredentialSource(credentials)
    }

    /// What `credential_source` names.
    private func named(_ source: String, profile name: String) throws -> any AWSCredentialSource {
        switch source.asciiLowercased() {
        case "environment": return EnvironmentCredentialSource(context: context)
        case "ecscontainer": return ContainerCredentialSource(context: context)
        case "ec2instancemetadata": return InstanceMetadataCredentialSource(profile: name, context: context)
        default:
            throw AWSCredentialError.invalid(
                """
                The profile '\(name)' has an unknown credential_source: it may be Environment, EcsContainer or \
                Ec2InstanceMetadata.
                """
            )
        }
    }

    private func webIdentity(_ name: String) throws -> WebIdentityCredentialSource? {
        guard let file = profile(name).value("web_identity_token_file") else { return nil }
        guard let arn = profile(name).value("role_arn") else {
            throw AWSCredentialError.invalid(
                "The profile '\(name)' has web_identity_token_file but no role_arn. Add it."
            )
        }
        return WebIdentityCredentialSource(
            tokenFile: file,
            role: try AssumedRole(arn: arn, profile: profile(name), name: name),
            client: STSClient(settings: .known(endpoints), context: context),
            context: context
        )
    }

    private func sso(_ name: String) throws -> SSOCredentialSource? {
        try SSOSettings(profile: name, in: configuration).map {
            let signIn = SSOTokenProvider(settings: $0, endpoints: endpoints, context: context, attempts: attempts)
            return SSOCredentialSource(signIn: signIn)
        }
    }

    private func login(_ name: String) -> LoginCredentialSource? {
        profile(name).value("login_session").map {
            LoginCredentialSource(session: $0, profile: name, endpoints: endpoints, context: context)
        }
    }

    private func process(_ name: String) -> ProcessCredentialSource? {
        guard let command = profile(name).value("credential_process") else { return nil }
        var source = ProcessCredentialSource(command, context: context)
        source.profile = name
        source.accountID = profile(name).value("aws_account_id")
        return source
    }

    private static func half(_ name: String, has: String, lacks: String) -> AWSCredentialError {
        AWSCredentialError.invalid("The profile '\(name)' has \(has) but no \(lacks). Add it.")
    }
}

/// A role that a profile assumes with the credentials of another profile or source.
struct RoleStep {
    /// Where those credentials come from.
    enum Origin {
        case profile(String)
        case credentialSource(String)
    }

    var role: AssumedRole
    var origin: Origin

    /// Reads a profile, or returns `nil` if it assumes no role in this way.
    init?(_ name: String, _ profile: SharedConfiguration.Section, canAskForCodes: Bool) throws {
        // A source without a role says nothing, and a token needs no source: so the AWS CLI and the AWS SDK for Rust.
        guard let arn = profile.value("role_arn"), profile.value("web_identity_token_file") == nil else { return nil }
        switch (profile.value("source_profile"), profile.value("credential_source")) {
        case (let source?, nil): origin = .profile(source)
        case (nil, let source?): origin = .credentialSource(source)
        default:
            throw AWSCredentialError.invalid(
                """
                The profile '\(name)' has role_arn and needs exactly one of source_profile, credential_source and \
                web_identity_token_file.
                """
            )
        }
        guard canAskForCodes || profile.value("mfa_serial") == nil else {
            throw AWSCredentialError(
                .unsupported,
                "The profile '\(name)' asks for MFA (mfa_serial), for which no code can be typed here. Use credential_process or SSO."
            )
        }
        role = try AssumedRole(arn: arn, profile: profile, name: name)
    }
}

extension AssumedRole {
    /// The role of a profile with the settings that go with it.
    init(arn: String, profile: SharedConfiguration.Section, name: String) throws {
        self.init(
            arn: arn,
            sessionName: profile.value("role_session_name"),
            externalID: profile.value("external_id")
        )
        mfaSerialNumber = profile.value("mfa_serial")
        guard let text = profile.value("duration_seconds") else { return }
        guard let seconds = Int(text), 900...43_200 ~= seconds else {
            throw AWSCredentialError.invalid(
                "The profile '\(name)' has a duration_seconds outside 900 to 43200. Correct it."
            )
        }
        durationSeconds = seconds
    }
}
