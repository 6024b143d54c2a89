#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A set of AWS credentials with its real end of life and where it came from.
///
/// Printing, dumping or mirroring a value never shows the secret access key or the session token.
public struct AWSCredentials: Sendable, Hashable {
    /// The access key ID: an identifier, not a secret.
    ///
    /// It begins with `AKIA` for long-term keys and with `ASIA` for temporary ones.
    public var accessKeyID: String
    /// The secret access key.
    public var secretAccessKey: String
    /// The session token that belongs to temporary credentials; nil, never empty, where there is none.
    public var sessionToken: String?
    /// When AWS stops accepting the credentials, in UTC; nil where the source says nothing about an end.
    ///
    /// This is always the expiry that AWS stated, never one that a cache has extended.
    public var expiration: Date?
    /// The AWS account the credentials belong to, where the source says so.
    public var accountID: String?
    /// Which source the credentials came from.
    public var provenance: Provenance

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
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken.flatMap { $0.isEmpty ? nil : $0 }
        self.expiration = expiration
        self.accountID = accountID.flatMap { $0.isEmpty ? nil : $0 }
        self.provenance = provenance
    }

    /// How many seconds of real life the credentials have left; nil where they have no stated end.
    ///
    /// - Parameter now: The present, in UTC.
    /// - Returns: Seconds, negative where the credentials are dead.
    public func remainingLifetime(at now: Date) -> TimeInterval? {
        expiration.map { $0.timeIntervalSince(now) }
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
    }
}

extension AWSCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The access key ID, the source and the expiry; secrets are left out.
    public var description: String {
        let end = expiration.map { ", expires \(Timestamp.text($0))" } ?? ""
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
    /// The credentials, unless they are dead already.
    func refusingExpired(at now: Date) throws -> AWSCredentials {
        guard let expiration, expiration <= now else { return self }
        throw AWSCredentialError(
            .expired,
            "The credentials from \(provenance.source) expired at \(Timestamp.text(expiration)): renew them."
        )
    }
}
