import RDSIAMBasics

/// Makes the sources that a profile can name.
struct ProfileSources {
    let configuration: SharedConfiguration
    let context: CredentialContext
    let endpoints: EndpointSettings
    let attempts: AttemptMemory

    private func profile(_ name: String) -> SharedConfiguration.Section {
        configuration.all(.profile)[ByteText(name)] ?? .init()
    }

    func staticKeys(_ name: String) throws -> StaticCredentialSource? {
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
    func named(_ source: String, profile name: String) throws -> any AWSCredentialSource {
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

    func webIdentity(_ name: String) throws -> WebIdentityCredentialSource? {
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

    func sso(_ name: String) throws -> SSOCredentialSource? {
        try SSOSettings(profile: name, in: configuration).map {
            let signIn = SSOTokenProvider(settings: $0, endpoints: endpoints, context: context, attempts: attempts)
            return SSOCredentialSource(signIn: signIn)
        }
    }

    func login(_ name: String) -> LoginCredentialSource? {
        profile(name).value("login_session").map {
            LoginCredentialSource(session: $0, profile: name, endpoints: endpoints, context: context)
        }
    }

    func process(_ name: String) -> ProcessCredentialSource? {
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
