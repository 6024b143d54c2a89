import RDSIAMBasics
import RDSIAMHashing
public import RDSIAMSystem

/// A password that lives for minutes: its secret text, and everything about it that may be written down.
///
/// Only ``value`` is secret. It never appears in a description, a mirror or an audit event.
public struct AuthToken: Sendable {
    /// What a token consists of, which decides whether its hash may be written down.
    public struct Kind: Sendable, Hashable, CustomStringConvertible {
        /// The kind's name.
        public let description: String

        /// A text with a signature that lives for minutes, such as an RDS token: its hash tells nothing about it.
        public static let signed = Self(description: "signed")
        /// Any other text: its hash would allow to try out passwords, so it has no ``AuthToken/fingerprint``.
        public static let password = Self(description: "password")
    }

    /// The text to send as the password.
    ///
    /// Secret.
    public let value: String
    /// What it consists of.
    public let kind: Kind
    /// When it was made.
    public let signedAt: Date
    /// When a server stops accepting it, its credentials' end included, or `nil` if that is not known.
    public let expiresAt: Date?
    /// Until when ``TokenIssuer`` may return it again; it stops earlier if the token or its credentials expire.
    public let reusableUntil: Date
    /// The host that it is valid for, in ASCII lowercase and without a final dot, if the generator knows it.
    public let signingHost: String?
    /// The port that it is valid for, if the generator knows it.
    public let signingPort: Int?
    /// Whose credentials made it, if the generator knows.
    public let credential: CredentialIdentity?
    /// The AWS region it is valid in, if that applies.
    public let region: String?
    /// Where ``region`` comes from, such as `host name`, if the generator tells.
    package let regionOrigin: String?
    /// The user to log in as if the provider chooses the user (Redshift does), else `nil` for the user asked for.
    public let user: String?
    /// The SHA-256 of ``value`` in lowercase hexadecimal, which names the token in the audit log; `nil` for a
    /// ``Kind/password``.
    public let fingerprint: String?
    /// The name of the generator that made it, or `nil` until an issuer, which knows the name, returns it.
    public internal(set) var generator: String?

    /// Creates a token.
    ///
    /// A time outside of the years −9999 to 9999 counts as the nearest of them; one that is not a number, as long past.
    ///
    /// - Parameters:
    ///   - value: The password text. Secret.
    ///   - kind: Whether it is signed. A text that a person may have chosen is a password.
    ///   - signedAt: When it was made.
    ///   - expiresAt: When a server stops accepting it, or `nil` if that is not known.
    ///   - reusableUntil: Until when the issuer may return it again; by default until it expires. If neither is known,
    ///     it is not cached.
    ///   - signingHost: The host that it is valid for.
    ///   - signingPort: The port that it is valid for.
    ///   - credential: Whose credentials made it.
    ///   - region: The AWS region it is valid in.
    ///   - regionOrigin: Where the region comes from.
    ///   - user: The user to log in as if it is not the one asked for.
    public init(
        value: String,
        kind: Kind = .password,
        signedAt: Date,
        expiresAt: Date?,
        reusableUntil: Date? = nil,
        signingHost: String? = nil,
        signingPort: Int? = nil,
        credential: CredentialIdentity? = nil,
        region: String? = nil,
        regionOrigin: String? = nil,
        user: String? = nil
    ) {
        self.value = value
        self.kind = kind
        self.signedAt = signedAt.clamped
        self.expiresAt = expiresAt?.clamped
        self.reusableUntil = (reusableUntil ?? expiresAt ?? signedAt).clamped
        self.signingHost = signingHost.map(Self.normalized)
        self.signingPort = signingPort
        self.credential = credential?.clamped
        self.region = region
        self.regionOrigin = regionOrigin
        self.user = user
        fingerprint = kind == .signed ? try? SHA256Digest.hash(value).hexadecimal : nil
    }

    private static func normalized(_ host: String) -> String {
        let host = host.asciiLowercased()
        return host.hasByteSuffix(".") ? String(decoding: host.utf8.dropLast(), as: UTF8.self) : host
    }

    /// When it or its credentials expire, or `nil` if that is not known.
    var end: Date? {
        [expiresAt, credential?.expiresAt].compactMap { $0 }.min()
    }
}

extension AuthToken: Hashable {
    /// Returns whether everything about two tokens is the same, but for the name of their generator: an issued token
    /// equals the one that its generator made.
    public static func == (left: AuthToken, right: AuthToken) -> Bool {
        left.value.isBytewiseEqual(to: right.value) && left.kind == right.kind && left.times == right.times
            && left.signingPort == right.signingPort && left.credential == right.credential
            && left.signingHost.isBytewiseEqual(to: right.signingHost)
            && left.region.isBytewiseEqual(to: right.region) && left.user.isBytewiseEqual(to: right.user)
            && left.regionOrigin.isBytewiseEqual(to: right.regionOrigin)
    }

    private var times: [Date?] { [signedAt, expiresAt, reusableUntil] }

    /// Hashes the token's text.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(ByteText(value))
    }
}

extension AuthToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The token's fingerprint or kind and its expiry, never its text.
    public var description: String {
        "AuthToken(\(fingerprint.map { "fingerprint: \($0)" } ?? "\(kind)"), "
            + "expiresAt: \(expiresAt?.rfc3339 ?? "unknown"))"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without ``value``.
    public var customMirror: Mirror {
        let shown: KeyValuePairs<String, Any> = [
            "kind": kind, "fingerprint": fingerprint as Any, "signedAt": signedAt, "expiresAt": expiresAt as Any,
        ]
        return Mirror(self, children: shown)
    }
}
