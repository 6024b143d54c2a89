/// Credentials given in code.
public struct StaticCredentialSource: AWSCredentialSource {
    private let value: AWSCredentials

    /// Creates the source.
    ///
    /// - Parameter credentials: What it returns.
    public init(_ credentials: AWSCredentials) {
        value = credentials
    }

    /// ``AWSCredentialSourceKind/static``.
    public var kind: AWSCredentialSourceKind { .static }

    /// Returns the credentials as they are, expired ones included: ``AWSCredentials/expiration`` tells.
    public func credentials() async throws -> AWSCredentials { value }

    /// Returns the credentials.
    public func cachedCredentials() -> AWSCredentials? { value }
}

/// A closure that returns credentials.
public struct CustomCredentialSource: AWSCredentialSource {
    /// The kind that appears in trails and audit events.
    public let kind: AWSCredentialSourceKind
    private let provide: @Sendable () async throws -> AWSCredentials

    /// Creates the source.
    ///
    /// - Parameters:
    ///   - kind: The kind that appears in trails and audit events.
    ///   - provide: Returns credentials; called once a refresh if ``RefreshingCredentialSource`` wraps the source.
    public init(
        _ kind: AWSCredentialSourceKind = .custom,
        provide: @escaping @Sendable () async throws -> AWSCredentials
    ) {
        self.kind = kind
        self.provide = provide
    }

    /// Calls the closure.
    ///
    /// - Throws: What the closure throws.
    public func credentials() async throws -> AWSCredentials { try await provide() }
}
