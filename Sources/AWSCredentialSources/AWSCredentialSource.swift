import RDSIAMBasics
public import RDSIAMSystem

/// A source of AWS credentials.
///
/// An implementation asks again at each call and caches nothing; caching, single flight and early refresh are the
/// job of ``RefreshingCredentialSource``, which wraps any source. It throws ``AWSCredentialError`` with the code
/// ``AWSCredentialError/Code/notConfigured`` if it has nothing to go by, so that a chain asks the next source, and any
/// other error if it is configured but fails, which stops a chain. Errors never quote a secret.
public protocol AWSCredentialSource: Sendable {
    /// The kind of source, for trails and audit events.
    var kind: AWSCredentialSourceKind { get }

    /// Returns credentials.
    ///
    /// - Throws: ``AWSCredentialError``; retrying helps if its ``AWSCredentialError/isRetryable`` says so.
    func credentials() async throws -> AWSCredentials

    /// Returns credentials for signing something that must stay valid for a while, such as a presigned token.
    ///
    /// A source that caches renews what would expire sooner. If even new credentials live shorter, they are returned
    /// all the same, so the caller compares ``AWSCredentials/expiration`` and promises no more than the shorter life.
    ///
    /// - Parameter lifetime: Seconds of real life the caller would like.
    /// - Throws: ``AWSCredentialError``, with the code ``AWSCredentialError/Code/expired`` if there are only expired
    ///   ones.
    func credentials(validFor lifetime: TimeInterval) async throws -> AWSCredentials

    /// Returns the credentials that ``credentials()`` would return now without I/O and without waiting, or `nil`.
    ///
    /// A caller compares a cached token with them, so an answer may be `nil` at any time but never outdated.
    func cachedCredentials() -> AWSCredentials?

    /// Records that a service refused credentials with this key, so that the next caller gets fetched ones.
    ///
    /// - Parameter accessKeyID: The key that was refused; other credentials that have come since stay.
    func invalidate(accessKeyID: String)
}

extension AWSCredentialSource {
    /// The kind ``AWSCredentialSourceKind/custom``, for sources that do not say.
    public var kind: AWSCredentialSourceKind { .custom }

    /// For sources that cache nothing: the same as ``credentials()``.
    public func credentials(validFor lifetime: TimeInterval) async throws -> AWSCredentials {
        try await credentials()
    }

    /// For sources that cache nothing: `nil`.
    public func cachedCredentials() -> AWSCredentials? { nil }

    /// For sources that cache nothing: does nothing.
    public func invalidate(accessKeyID: String) {}
}

/// The kind of place credentials come from.
///
/// The raw values appear in audit events and logs and are stable.
public struct AWSCredentialSourceKind: Sendable, Hashable, RawRepresentable, CustomStringConvertible {
    /// The name, such as `environment`.
    public let rawValue: String

    /// Names a kind of source; an adopter's own sources may have their own names.
    ///
    /// - Parameter rawValue: A lower-case name without spaces.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The name.
    public var description: String { rawValue }

    /// Returns whether both names consist of the same bytes.
    public static func == (left: Self, right: Self) -> Bool { left.rawValue.isBytewiseEqual(to: right.rawValue) }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) { hasher.combine(ByteText(rawValue)) }

    /// Credentials given in code.
    public static let `static` = Self(rawValue: "static")
    /// The variables `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
    public static let environment = Self(rawValue: "environment")
    /// Static keys of a shared-configuration profile.
    public static let profile = Self(rawValue: "profile")
    /// A profile's `credential_process`.
    public static let process = Self(rawValue: "process")
    /// IAM Identity Center (`aws sso login`).
    public static let sso = Self(rawValue: "sso")
    /// A sign-in session (`aws login`).
    public static let login = Self(rawValue: "login")
    /// STS `AssumeRole`.
    public static let assumeRole = Self(rawValue: "assume-role")
    /// STS `AssumeRoleWithWebIdentity`.
    public static let webIdentity = Self(rawValue: "web-identity")
    /// The container endpoint of ECS or EKS Pod Identity.
    public static let container = Self(rawValue: "container")
    /// The EC2 instance metadata service, version 2.
    public static let instanceMetadata = Self(rawValue: "imds")
    /// An adopter's own source.
    public static let custom = Self(rawValue: "custom")

    /// Whether AWS itself issues and renews what the source returns.
    var isManagedByAWS: Bool {
        [.instanceMetadata, .container, .assumeRole, .webIdentity, .sso, .login].contains(self)
    }
}

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
    /// - Parameter credentials: What the source returns.
    public static func `static`(_ credentials: AWSCredentials) -> Self { Self(credentials) }
}

extension AWSCredentialSource where Self == CustomCredentialSource {
    /// A closure that returns credentials.
    ///
    /// - Parameter provide: Returns credentials.
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
    ///   - base: Returns the credentials that sign the call.
    public static func assumeRole(_ role: AssumedRole, from base: any AWSCredentialSource) -> Self {
        Self(role, from: base)
    }
}

extension AWSCredentialSource where Self == RefreshingCredentialSource {
    /// The default chain, cached and renewed.
    ///
    /// Each use makes a new cache, so keep the value.
    public static var `default`: Self { Self(AWSCredentialChain.default()) }

    /// Another source, cached and renewed.
    ///
    /// Each use makes a new cache, so keep the value.
    ///
    /// - Parameter source: Returns fresh credentials.
    public static func refreshing(_ source: any AWSCredentialSource) -> Self { Self(source) }
}
