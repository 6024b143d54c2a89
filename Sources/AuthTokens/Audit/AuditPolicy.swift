/// Writes token events down durably.
///
/// The audit log conforms to it.
public protocol TokenAuditRecorder: Sendable {
    /// Returns when `event` is on stable storage, and not before.
    ///
    /// - Throws: Where it could not be written, within a bounded time. The caller then hands out no token.
    func record(_ event: TokenEvent) async throws
}

/// What becomes of a token whose event cannot be recorded.
public struct AuditPolicy: Sendable {
    /// Where events go; nil where none are kept.
    public let recorder: (any TokenAuditRecorder)?
    /// Whether an event that cannot be recorded stops the token.
    public let isRequired: Bool
    /// Whether it is also recorded that a token is handed out again, as `token.reuse`.
    ///
    /// Each connection leaves its outcome in the log all the same, with the token's fingerprint.
    public let recordsReuse: Bool

    /// No event is kept.
    public static let off = AuditPolicy(recorder: nil, isRequired: false, recordsReuse: false)

    /// No token without a record: an event that cannot be written stops the token and the connection.
    ///
    /// - Parameters:
    ///   - recorder: Writes the events.
    ///   - recordsReuse: Whether a token that is handed out again is recorded again.
    public static func required(_ recorder: any TokenAuditRecorder, recordsReuse: Bool = false) -> AuditPolicy {
        AuditPolicy(recorder: recorder, isRequired: true, recordsReuse: recordsReuse)
    }

    /// Tokens are handed out also where their event cannot be written.
    ///
    /// - Parameters:
    ///   - recorder: Writes the events.
    ///   - recordsReuse: Whether a token that is handed out again is recorded again.
    public static func bestEffort(_ recorder: any TokenAuditRecorder, recordsReuse: Bool = false) -> AuditPolicy {
        AuditPolicy(recorder: recorder, isRequired: false, recordsReuse: recordsReuse)
    }

    /// Records `event` as the policy says.
    ///
    /// - Throws: What the recorder throws, where a record is required.
    func record(_ event: TokenEvent) async throws {
        var event = event
        event.isRequired = isRequired
        do {
            try await recorder?.record(event)
        } catch  where !isRequired {}
    }
}
