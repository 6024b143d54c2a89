import RDSIAMBasics
public import RDSIAMSystem

/// Who signed a token: the public side of a set of credentials.
///
/// Nothing in it is secret.
public struct CredentialIdentity: Sendable, Hashable {
    /// The kind of source the credentials came from, such as `environment` or `profile`.
    public var source: String
    /// The AWS access key ID, which joins an audit event to CloudTrail's `userIdentity.accessKeyId`.
    public var accessKeyID: String?
    /// The shared-configuration profile, if one was used.
    public var profile: String?
    /// The AWS account number, if it is known.
    public var accountID: String?
    /// The role the credentials belong to, if it is known.
    public var roleARN: String?
    /// When the credentials end, or `nil` if they do not.
    public var expiresAt: Date?

    /// Creates an identity.
    ///
    /// - Parameters:
    ///   - source: The kind of source.
    ///   - accessKeyID: The AWS access key ID.
    ///   - profile: The shared-configuration profile.
    ///   - accountID: The AWS account number.
    ///   - roleARN: The role's ARN.
    ///   - expiresAt: When the credentials end.
    public init(
        source: String,
        accessKeyID: String? = nil,
        profile: String? = nil,
        accountID: String? = nil,
        roleARN: String? = nil,
        expiresAt: Date? = nil
    ) {
        self.source = source
        self.accessKeyID = accessKeyID
        self.profile = profile
        self.accountID = accountID
        self.roleARN = roleARN
        self.expiresAt = expiresAt
    }
}

extension CredentialIdentity {
    /// Returns whether both are the same, with texts compared byte by byte.
    public static func == (left: Self, right: Self) -> Bool {
        left.texts == right.texts && left.expiresAt == right.expiresAt
    }

    /// Hashes the texts.
    public func hash(into hasher: inout Hasher) { hasher.combine(texts) }

    /// The same, with a time that can be printed.
    var clamped: Self {
        var identity = self
        identity.expiresAt = expiresAt?.clamped
        return identity
    }

    private var texts: [ByteText?] {
        [source, accessKeyID, profile, accountID, roleARN].map { text in text.map { ByteText($0) } }
    }
}
