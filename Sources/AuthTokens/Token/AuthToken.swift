import RDSIAMBasics
import RDSIAMHashing
public import RDSIAMSystem

/// A password that lives for minutes: its secret text, and everything about it that may be written down.
///
/// Only ``value`` is secret. It never appears in a description, a mirror or an audit event; ``fingerprint`` stands for
/// it there.
public struct AuthToken: Sendable {
    /// One reference, so that handing a token round costs one count and not a dozen.
    private let facts: Facts

    private final class Facts: Sendable {
        let value: String
        let signedAt: Date
        let expiresAt: Date
        let credential: CredentialIdentity?
        let region: String?
        let user: String?
        let fingerprint: String
        let generator: String?

        init(
            _ value: String,
            _ signedAt: Date,
            _ expiresAt: Date,
            _ credential: CredentialIdentity?,
            _ region: String?,
            _ user: String?
        ) {
            self.value = value
            self.signedAt = signedAt.clamped
            self.expiresAt = expiresAt.clamped
            var credential = credential
            if let end = credential?.expiresAt { credential?.expiresAt = end.clamped }
            self.credential = credential
            self.region = region
            self.user = user
            fingerprint = (try? SHA256Digest.hash(value))?.hexadecimal ?? "unavailable"
            generator = nil
        }

        init(_ other: Facts, generator: String) {
            value = other.value
            signedAt = other.signedAt
            expiresAt = other.expiresAt
            credential = other.credential
            region = other.region
            user = other.user
            fingerprint = other.fingerprint
            self.generator = generator
        }
    }

    private init(_ facts: Facts) {
        self.facts = facts
    }

    /// Creates a token.
    ///
    /// A time outside of the years −9999 to 9999 counts as the nearest of them; one that is not a number, as long past.
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
        facts = Facts(value, signedAt, expiresAt, credential, region, user)
    }

    /// The same token, with the name of the generator that made it.
    func made(by generator: String) -> AuthToken {
        AuthToken(Facts(facts, generator: generator))
    }

    /// The text to send as the password.
    ///
    /// Secret.
    public var value: String { facts.value }
    /// When it was made.
    public var signedAt: Date { facts.signedAt }
    /// When a server stops accepting it: its own life, or its credentials', whichever ends first.
    public var expiresAt: Date { facts.expiresAt }
    /// Whose credentials made it, where the generator knows.
    public var credential: CredentialIdentity? { facts.credential }
    /// The AWS region it is valid in, where that applies.
    public var region: String? { facts.region }
    /// The user to log in as, where the provider chooses the user (Redshift does); else nil, for the user asked for.
    public var user: String? { facts.user }
    /// The SHA-256 of ``value`` in lower-case hexadecimal: names the token in the audit log without telling it.
    public var fingerprint: String { facts.fingerprint }
    /// The name of the generator that made it; nil until an issuer, which knows the name, has handed it out.
    public var generator: String? { facts.generator }
}

extension AuthToken: Hashable {
    /// Whether everything about two tokens is the same, but for the name of their generator: an issued token equals the
    /// one that its generator made.
    public static func == (left: AuthToken, right: AuthToken) -> Bool {
        left.facts === right.facts
            || left.value.isBytewiseEqual(to: right.value) && left.signedAt == right.signedAt
                && left.expiresAt == right.expiresAt && left.credential == right.credential
                && left.region.isBytewiseEqual(to: right.region) && left.user.isBytewiseEqual(to: right.user)
    }

    /// Hashes the token's text.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(ByteText(value))
    }
}

extension AuthToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The token's fingerprint and times, never its text.
    public var description: String {
        "AuthToken(fingerprint: \(fingerprint), expiresAt: \(expiresAt.rfc3339))"
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
