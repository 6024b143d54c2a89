#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A password that lives for minutes: its secret text, and everything about it that may be written down.
///
/// Only ``value`` is secret. It never appears in a description, a mirror or an audit event; ``fingerprint`` stands for
/// it there.
public struct AuthToken: Sendable, Hashable {
    /// The text to send as the password.
    ///
    /// Secret.
    public let value: String
    /// When it was made.
    public let signedAt: Date
    /// When a server stops accepting it: its own life, or its credentials', whichever ends first.
    public let expiresAt: Date
    /// Whose credentials made it, where the generator knows.
    public let credential: CredentialIdentity?
    /// The AWS region it is valid in, where that applies.
    public let region: String?
    /// The user to log in as, where the provider chooses the user (Redshift does); else nil, for the user asked for.
    public let user: String?
    /// The SHA-256 of ``value`` in lower-case hexadecimal: names the token in the audit log without telling it.
    public let fingerprint: String

    /// Creates a token.
    ///
    /// - Parameters:
    ///   - value: The password text. Secret.
    ///   - signedAt: When it was made.
    ///   - expiresAt: When a server stops accepting it.
    ///   - credential: Whose credentials made it.
    ///   - region: The AWS region it is valid in.
    ///   - user: The user to log in as, where it is not the one asked for.
    public init(
        value: String,
        signedAt: Date,
        expiresAt: Date,
        credential: CredentialIdentity? = nil,
        region: String? = nil,
        user: String? = nil
    ) {
        self.value = value
        self.signedAt = signedAt
        self.expiresAt = expiresAt
        self.credential = credential
        self.region = region
        self.user = user
        self.fingerprint = SHA256.hexadecimal(of: value)
    }
}

extension AuthToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The token's fingerprint and times, never its text.
    public var description: String {
        "AuthToken(fingerprint: \(fingerprint), expiresAt: \(expiresAt.ISO8601Format()))"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without ``value``.
    public var customMirror: Mirror {
        let shown: KeyValuePairs<String, Any> = [
            "fingerprint": fingerprint, "signedAt": signedAt, "expiresAt": expiresAt,
        ]
        return Mirror(self, children: shown)
    }
}
