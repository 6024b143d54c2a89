import AuthTokens
public import RDSIAMSystem

/// What the log knows of one token: whether it was ours, who had it, and whether it still opens a door.
public struct AuditTokenTrace: Sendable, Hashable {
    /// The SHA-256 of the token's text in lower-case hexadecimal.
    public let fingerprint: String
    /// The newest thousand events about it, and before them only those that issued it; newest first.
    public let entries: [AuditEntry]
    /// Whether there are more events than ``entries`` has.
    public let isAbridged: Bool

    static let most = 1000

    /// Whether the log has an event about it.
    public var isKnown: Bool { !entries.isEmpty }

    /// When a server stops accepting it; nil for an unknown token, and where no event can be read that says so.
    ///
    /// Two tokens of the same second may be the same token; the later end counts.
    public var expiresAt: Date? { entries.compactMap { $0.record?.token?.expiresAt }.max() }

    /// Whether a server may still accept it at `time`; nil where ``expiresAt`` is nil.
    ///
    /// A server lets the token in until it expires; there is no way to call it back but to take the user's rights.
    public func isAlive(at time: Date) -> Bool? { expiresAt.map { time < $0 } }
}
