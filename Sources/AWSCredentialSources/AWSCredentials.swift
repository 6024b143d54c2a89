public import AWSSigV4
import RDSIAMBasics
public import RDSIAMSystem

/// A set of AWS credentials with its real expiration and its origin.
///
/// Printing, dumping or mirroring a value never shows the secret access key or the session token.
public struct AWSCredentials: Sendable, Equatable {
    /// The access key ID: an identifier, not a secret.
    ///
    /// It begins with `AKIA` for long-term keys and with `ASIA` for temporary ones.
    public var accessKeyID: String
    /// The secret access key.
    public var secretAccessKey: String
    /// The session token that belongs to temporary credentials, or `nil`; never empty.
    public var sessionToken: String? {
        didSet { sessionToken = Self.unlessEmpty(sessionToken) }
    }
    /// When AWS stops accepting the credentials, in UTC, or `nil` if the source names no expiration.
    ///
    /// This is always the expiration that AWS stated, never one that a cache has extended.
    public var expiration: Date?
    /// The AWS account that the credentials belong to, if the source names it.
    public var accountID: String? {
        didSet { accountID = Self.unlessEmpty(accountID) }
    }
    /// Which source the credentials came from.
    public var provenance: Provenance
    /// The files that the credentials came from, or were found by, as they were then.
    ///
    /// They say when to fetch again, and nothing about the credentials, so they take no part in comparisons.
    var readings: [FileReading] = []

    /// Creates credentials with the properties of the same names.
    ///
    /// An empty session token or account counts as none.
    public init(
        accessKeyID: String,
        secretAccessKey: String,
        sessionToken: String? = nil,
        expiration: Date? = nil,
        accountID: String? = nil,
        provenance: Provenance = Provenance(source: .custom)
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = Self.unlessEmpty(sessionToken)
        self.expiration = expiration
        self.accountID = Self.unlessEmpty(accountID)
        self.provenance = provenance
    }

    private static func unlessEmpty(_ text: String?) -> String? { text?.isEmpty == true ? nil : text }

    /// Returns how many seconds are left before the expiration, negative after it, or `nil` if there is none.
    ///
    /// - Parameter now: The present, in UTC.
    package func remainingLifetime(at now: Date) -> TimeInterval? {
        expiration.map { $0.timeIntervalSince(now) }
    }

    private var texts: [ByteText?] { [accessKeyID, secretAccessKey, sessionToken, accountID].map(\.byteText) }

    /// Returns whether all parts are the same, byte by byte, as AWS compares them.
    public static func == (left: Self, right: Self) -> Bool {
        left.texts == right.texts && left.expiration == right.expiration && left.provenance == right.provenance
    }
}

extension AWSCredentials {
    /// Where credentials came from: the public facts for an audit event or a log line.
    public struct Provenance: Sendable, Equatable {
        /// The kind of source that produced the credentials.
        public var source: AWSCredentialSourceKind
        /// The shared-configuration profile, if one was used.
        public var profile: String?
        /// The role that was assumed, if one was.
        public var roleARN: String?

        /// Creates a provenance with the properties of the same names.
        public init(source: AWSCredentialSourceKind, profile: String? = nil, roleARN: String? = nil) {
            self.source = source
            self.profile = profile
            self.roleARN = roleARN
        }

        /// Returns whether both name the same source, profile and role, byte by byte.
        public static func == (left: Self, right: Self) -> Bool {
            left.source == right.source
                && left.profile.byteText == right.profile.byteText
                && left.roleARN.byteText == right.roleARN.byteText
        }
    }
}

extension AWSCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The access key ID, the source and the expiration; secrets are left out.
    public var description: String {
        let end = expiration.map { ", expires \($0.rfc3339)" } ?? ""
        return "AWSCredentials(\(accessKeyID), from \(provenance.source)\(end), secrets redacted)"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without the secrets.
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "accessKeyID": accessKeyID, "expiration": expiration as Any, "accountID": accountID as Any,
                "provenance": provenance,
            ]
        )
    }
}

extension AWSCredentials {
    /// Returns the name of the first part that no request can carry, or `nil` if all are fine.
    ///
    /// - Parameter names: What the access key ID, the secret access key and the session token are called at their
    ///   source.
    func unusablePart(_ names: [String]) -> String? {
        let parts = [accessKeyID, secretAccessKey, sessionToken ?? ""]
        return zip(names, parts).first { $0.1.utf8.contains { $0 <= 0x20 || $0 == 0x7F } }?.0
    }

    /// The credentials, unless they are expired already.
    func refusingExpired(at now: Date) throws -> AWSCredentials {
        guard let expiration, expiration <= now else { return self }
        throw AWSCredentialError(
            .expired,
            "The credentials from \(provenance.source) expired at \(expiration.rfc3339): renew them."
        )
    }
}

extension AWSCredentials {
    /// The three parts that Signature Version 4 needs.
    ///
    /// - Throws: `SigV4Error` if a part could not stand in a signed request; do not retry.
    public var signing: SigningCredentials {
        get throws(SigV4Error) {
            try SigningCredentials(
                accessKeyID: accessKeyID,
                secretAccessKey: secretAccessKey,
                sessionToken: sessionToken
            )
        }
    }
}
