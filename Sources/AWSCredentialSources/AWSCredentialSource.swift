import RDSIAMBasics
public import RDSIAMSystem

/// Something that hands out AWS credentials.
///
/// An implementation asks afresh at each call and keeps nothing; caching, single flight and early refresh are the business of
/// ``RefreshingCredentialSource``, which wraps any source. It throws ``AWSCredentialError`` with the code
/// ``AWSCredentialError/Code/notConfigured`` where it has nothing to go by, so that a chain asks the next source, and
/// any other error where it is configured but fails, which stops a chain. Errors never quote a secret.
public protocol AWSCredentialSource: Sendable {
    /// The kind of source, for trails and audit events.
    var kind: AWSCredentialSourceKind { get }

    /// Hands out credentials.
    ///
    /// - Throws: ``AWSCredentialError``; retrying helps where its ``AWSCredentialError/isRetryable`` says so.
    func credentials() async throws -> AWSCredentials

    /// Hands out credentials for signing something that must stay valid for a while, such as a presigned token.
    ///
    /// A source that caches renews what would die sooner. Where even new credentials live shorter they are returned all the
    /// same, so the caller compares ``AWSCredentials/expiration`` and promises no more than the shorter life.
    ///
    /// - Parameter lifetime: Seconds of real life the caller would like.
    /// - Throws: ``AWSCredentialError``, with the code ``AWSCredentialError/Code/expired`` where only dead ones are to be had.
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

    /// Whether AWS itself issues and renews what the source hands out.
    var isManagedByAWS: Bool {
        [.instanceMetadata, .container, .assumeRole, .webIdentity, .sso, .login].contains(self)
    }
}
