extension AWSCredentialSource where Self == EnvironmentCredentialSource {
    /// The environment variables.
    public static var environment: Self { Self() }
}

extension AWSCredentialSource where Self == ProfileCredentialSource {
    /// A profile of the shared configuration.
    ///
    /// - Parameter name: The profile's name.
    public static func profile(_ name: String) -> Self { Self(name) }
}

extension AWSCredentialSource where Self == StaticCredentialSource {
    /// Credentials given in code.
    ///
    /// - Parameter credentials: What the source hands out.
    public static func `static`(_ credentials: AWSCredentials) -> Self { Self(credentials) }
}

extension AWSCredentialSource where Self == CustomCredentialSource {
    /// A closure that hands out credentials.
    ///
    /// - Parameter provide: Hands out credentials.
    public static func custom(_ provide: @escaping @Sendable () async throws -> AWSCredentials) -> Self {
        Self(provide: provide)
    }
}

extension AWSCredentialSource where Self == WebIdentityCredentialSource {
    /// The role that `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN` describe.
    public static var webIdentity: Self { Self() }
}

extension AWSCredentialSource where Self == ContainerCredentialSource {
    /// The container endpoint of ECS or EKS Pod Identity.
    public static var container: Self { Self() }
}

extension AWSCredentialSource where Self == InstanceMetadataCredentialSource {
    /// The role of an EC2 instance.
    public static var instanceMetadata: Self { Self() }
}

extension AWSCredentialSource where Self == ProcessCredentialSource {
    /// A command that prints credentials.
    ///
    /// - Parameter command: The command line for `/bin/sh -c`.
    public static func process(_ command: String) -> Self { Self(command) }
}

extension AWSCredentialSource where Self == AssumeRoleCredentialSource {
    /// A role assumed with the credentials of another source.
    ///
    /// - Parameters:
    ///   - role: The role to assume.
    ///   - base: Hands out the credentials that sign the call.
    public static func assumeRole(_ role: AssumedRole, from base: any AWSCredentialSource) -> Self {
        Self(role, from: base)
    }
}

extension AWSCredentialSource where Self == RefreshingCredentialSource {
    /// The default chain, kept and renewed: what a server wants.
    ///
    /// Each use makes a new cache, so keep the value.
    public static var `default`: Self { Self(AWSCredentialChain.default()) }

    /// Another source, kept and renewed.
    ///
    /// Each use makes a new cache, so keep the value.
    ///
    /// - Parameters:
    ///   - source: Hands out fresh credentials.
    ///   - policy: When to ask it again.
    public static func refreshing(_ source: any AWSCredentialSource, policy: RefreshPolicy = .standard) -> Self {
        Self(source, policy: policy)
    }
}
