/// Writes token events durably.
///
/// The audit log conforms to it.
public protocol TokenAuditRecorder: Sendable {
    /// Returns once `event` is on stable storage, and not before.
    ///
    /// - Throws: If it could not be written, within a bounded time. The caller then returns no token.
    func record(_ event: TokenEvent) async throws
}

/// What becomes of a token whose event cannot be recorded.
public struct AuditPolicy: Sendable {
    /// Where events go, or `nil` if none are recorded.
    package let recorder: (any TokenAuditRecorder)?
    /// Whether an event that cannot be recorded stops the token.
    package let isRequired: Bool
    /// Whether it is also recorded that a cached token is returned, as `token.reuse`.
    ///
    /// Each connection leaves its outcome in the log all the same, with the token's fingerprint.
    package let recordsReuse: Bool

    /// No event is recorded.
    public static let off = AuditPolicy(recorder: nil, isRequired: false, recordsReuse: false)

    /// No token without a record: an event that cannot be written stops the token and the connection.
    ///
    /// - Parameters:
    ///   - recorder: Writes the events.
    ///   - recordsReuse: Whether it is recorded too that a cached token is returned.
    public static func required(_ recorder: any TokenAuditRecorder, recordsReuse: Bool = false) -> AuditPolicy {
        AuditPolicy(recorder: recorder, isRequired: true, recordsReuse: recordsReuse)
    }

    /// Tokens are returned even if their event cannot be written.
    ///
    /// - Parameters:
    ///   - recorder: Writes the events.
    ///   - recordsReuse: Whether it is recorded too that a cached token is returned.
    public static func bestEffort(_ recorder: any TokenAuditRecorder, recordsReuse: Bool = false) -> AuditPolicy {
        AuditPolicy(recorder: recorder, isRequired: false, recordsReuse: recordsReuse)
    }

    /// Records `event` as the policy says.
    ///
    /// - Throws: What the recorder throws, if a record is required.
    func record(_ event: TokenEvent) async throws {
        var event = event
        event.isRequired = isRequired
        do {
            try await recorder?.record(event)
        } catch  where !isRequired {}
    }
}

/// An error that says under which code the audit log files it.
///
/// It stands beside `RetryableError`: an error type conforms to either, or to both.
public protocol AuditableError: Error {
    /// A short, constant name of the kind of failure, such as `AWSCredentialError.notConfigured`. Never a secret.
    var auditCode: String { get }
}

/// Returns the code an error is filed under: its own, or the name of its type.
func auditCode(of error: any Error) -> String {
    (error as? any AuditableError)?.auditCode ?? String(describing: type(of: error))
}

extension NamedRegistryError: AuditableError {
    /// The registry's own code, after its name.
    public var auditCode: String { "NamedRegistryError.\(code)" }
}
