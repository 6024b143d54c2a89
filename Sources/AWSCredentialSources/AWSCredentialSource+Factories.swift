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

extension AWSCredentialSource where Self == AWSCredentialChain {
    /// The order in which AWS SDKs look for credentials.
    public static var `default`: Self { .default() }
}
