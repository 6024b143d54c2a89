import AuthTokens
public import RDSIAMSystem

/// What the log knows of one token: whether it was issued here, to which process, and whether it is still valid.
public struct AuditTokenTrace: Sendable, Hashable {
    /// The SHA-256 of the token's text in lowercase hexadecimal.
    package let fingerprint: String
    /// The newest thousand events about it, and before them only those that issued it; newest first.
    public let entries: [AuditEntry]
    /// Whether there are more events than ``entries`` has.
    package let isAbridged: Bool

    /// How many events a trace has at most.
    package static let most = 1000

    package init(fingerprint: String, entries: [AuditEntry], isAbridged: Bool) {
        self.fingerprint = fingerprint
        self.entries = entries
        self.isAbridged = isAbridged
    }

    /// Whether the log has an event about it.
    public var isKnown: Bool { !entries.isEmpty }

    /// When a server stops accepting it, or `nil` if no event says so.
    ///
    /// Two tokens of the same second may be the same token; the later end counts.
    public var expiresAt: Date? { entries.compactMap { $0.record?.token?.expiresAt }.max() }

    /// What can be said about the token.
    public struct Verdict: RawRepresentable, Sendable, Hashable {
        /// The verdict's name.
        public let rawValue: String

        /// Creates a verdict of that name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The log has no event about it.
        public static let unknown = Verdict(rawValue: "unknown")
        /// A server may still accept it.
        ///
        /// Nothing revokes a token; only the user's rights can be taken.
        public static let valid = Verdict(rawValue: "valid")
        /// No server accepts it any more.
        public static let expired = Verdict(rawValue: "expired")
        /// The log knows it, and no event says when it ends: a server may still accept it.
        public static let noKnownEnd = Verdict(rawValue: "no-known-end")
    }

    /// What can be said about the token at a moment.
    ///
    /// A row that cannot be read may be about a later end, so such a token is never called expired.
    public func verdict(at time: Date) -> Verdict {
        guard isKnown else { return .unknown }
        guard let expiresAt else { return .noKnownEnd }
        if time < expiresAt { return .valid }
        return hasUnknownEnd ? .noKnownEnd : .expired
    }

    /// Whether a row about it cannot be read, or was written by a newer version.
    package var hasUnreadableRows: Bool { entries.contains { $0.record == nil } }

    private var hasUnknownEnd: Bool {
        hasUnreadableRows
            || entries.contains { $0.record?.activity == .issue && $0.record?.token?.expiresAt == nil }
    }
}
