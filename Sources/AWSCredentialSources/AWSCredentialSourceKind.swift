import RDSIAMBasics

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
