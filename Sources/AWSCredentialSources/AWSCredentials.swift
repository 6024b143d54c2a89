public import AWSSigV4
import RDSIAMBasics
public import RDSIAMSystem

/// A set of AWS credentials with its real end of life and where it came from.
///
/// Printing, dumping or mirroring a value never shows the secret access key or the session token. A copy costs one reference count, as
/// servers hand the same credentials to every request.
public struct AWSCredentials: Sendable, Hashable {
    private var storage: Storage

    /// Creates credentials.
    ///
    /// - Parameters:
    ///   - accessKeyID: The access key ID.
    ///   - secretAccessKey: The secret access key.
    ///   - sessionToken: The session token of temporary credentials; an empty one counts as none.
    ///   - expiration: When AWS stops accepting the credentials.
    ///   - accountID: The AWS account number; an empty one counts as none.
    ///   - provenance: Where the credentials came from.
    public init(
        accessKeyID: String,
        secretAccessKey: String,
        sessionToken: String? = nil,
        expiration: Date? = nil,
        accountID: String? = nil,
        provenance: Provenance = Provenance(source: .custom)
    ) {
        storage = Storage(
            Fields(
                accessKeyID: accessKeyID,
                secretAccessKey: secretAccessKey,
                sessionToken: sessionToken.flatMap { $0.isEmpty ? nil : $0 },
                expiration: expiration,
                accountID: accountID.flatMap { $0.isEmpty ? nil : $0 },
                provenance: provenance
            )
        )
    }

    /// The access key ID: an identifier, not a secret.
    ///
    /// It begins with `AKIA` for long-term keys and with `ASIA` for temporary ones.
    public var accessKeyID: String {
        get { storage.fields.accessKeyID }
        set { change { $0.accessKeyID = newValue } }
    }

    /// The secret access key.
    public var secretAccessKey: String {
        get { storage.fields.secretAccessKey }
        set { change { $0.secretAccessKey = newValue } }
    }

    /// The session token that belongs to temporary credentials; nil, never empty, where there is none.
    public var sessionToken: String? {
        get { storage.fields.sessionToken }
        set { change { $0.sessionToken = newValue.flatMap { $0.isEmpty ? nil : $0 } } }
    }

    /// When AWS stops accepting the credentials, in UTC; nil where the source says nothing about an end.
    ///
    /// This is always the expiry that AWS stated, never one that a cache has extended.
    public var expiration: Date? {
        get { storage.fields.expiration }
        set { change { $0.expiration = newValue } }
    }

    /// The AWS account the credentials belong to, where the source says so.
    public var accountID: String? {
        get { storage.fields.accountID }
        set { change { $0.accountID = newValue.flatMap { $0.isEmpty ? nil : $0 } } }
    }

    /// Which source the credentials came from.
    public var provenance: Provenance {
        get { storage.fields.provenance }
        set { change { $0.provenance = newValue } }
    }

    /// How many seconds of real life the credentials have left; nil where they have no stated end.
    ///
    /// - Parameter now: The present, in UTC.
    /// - Returns: Seconds, negative where the credentials are dead.
    public func remainingLifetime(at now: Date) -> TimeInterval? {
        expiration.map { $0.timeIntervalSince(now) }
    }

    /// The files that the credentials came from, or were found by, as they were then.
    var readings: [FileReading] {
        get { storage.fields.readings }
        set { change { $0.readings = newValue } }
    }

    private mutating func change(_ edit: (inout Fields) -> Void) {
        var fields = storage.fields
        edit(&fields)
        storage = Storage(fields)
    }
}

extension AWSCredentials {
    private struct Fields: Sendable, Hashable {
        var accessKeyID: String
        var secretAccessKey: String
        var sessionToken: String?
        var expiration: Date?
        var accountID: String?
        var provenance: Provenance
        /// Says when to fetch again, and nothing about the credentials, so it takes no part in comparisons.
        var readings: [FileReading] = []

        // AWS compares bytes: keys that Swift takes for equal may be two.

        static func == (left: Fields, right: Fields) -> Bool {
            ByteText(left.accessKeyID) == ByteText(right.accessKeyID)
                && ByteText(left.secretAccessKey) == ByteText(right.secretAccessKey)
                && left.sessionToken.byteText == right.sessionToken.byteText
                && left.expiration == right.expiration
                && left.accountID.byteText == right.accountID.byteText
                && left.provenance == right.provenance
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(ByteText(accessKeyID))
            hasher.combine(expiration)
            hasher.combine(provenance)
        }
    }

    private final class Storage: Sendable, Hashable {
        let fields: Fields

        init(_ fields: Fields) { self.fields = fields }

        static func == (left: Storage, right: Storage) -> Bool { left === right || left.fields == right.fields }

        func hash(into hasher: inout Hasher) { hasher.combine(fields) }
    }
}

extension AWSCredentials {
    /// Where credentials came from: the public facts for an audit event or a log line.
    public struct Provenance: Sendable, Hashable {
        /// The kind of source that produced the credentials.
        public var source: AWSCredentialSourceKind
        /// The shared-configuration profile, where one was used.
        public var profile: String?
        /// The role that was assumed, where one was.
        public var roleARN: String?

        /// Creates a provenance.
        ///
        /// - Parameters:
        ///   - source: The kind of source.
        ///   - profile: The shared-configuration profile.
        ///   - roleARN: The role's ARN.
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

        /// Hashes what `==` compares.
        public func hash(into hasher: inout Hasher) {
            hasher.combine(source)
            hasher.combine(profile.byteText)
            hasher.combine(roleARN.byteText)
        }
    }
}

extension AWSCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The access key ID, the source and the expiry; secrets are left out.
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

    /// The credentials, unless they are dead already.
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
    /// - Throws: `SigV4Error` where a part could not stand in a signed request; do not retry.
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
