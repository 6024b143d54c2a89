public import AuthTokens
public import RDSIAMBasics
import Synchronization

/// An audit log in memory, which a test reads and can make fail.
///
/// ```swift
/// let log = RecordingAuditRecorder()
/// let issuer = TokenIssuer(generators: generators, audit: .required(log))
/// ```
public final class RecordingAuditRecorder: TokenAuditRecorder {
    /// The error that the recorder throws while it is set to fail.
    public struct Failure: RetryableError, AuditableError, Hashable, CustomStringConvertible {
        /// What is wrong, and what to do about it.
        public let message = "The recorder is set to fail. Call setFailing(false)."
        /// The code under which the failure is filed.
        public let auditCode = "RecordingAuditRecorder.Failure"
        /// Always `true`: the test that made the recorder fail can end it.
        public let isRetryable = true
        /// The ``message``.
        public var description: String { message }
    }

    private struct State {
        var events: [TokenEvent] = []
        var isFailing: Bool
    }

    private let state: Mutex<State>

    /// Creates a log.
    ///
    /// - Parameter failing: Whether it refuses events from the start.
    public init(failing: Bool = false) {
        state = Mutex(State(isFailing: failing))
    }

    /// The recorded events, in order.
    public var events: [TokenEvent] { state.withLock { $0.events } }

    /// Makes the log refuse events from now on, or accept them again.
    public func setFailing(_ failing: Bool) {
        state.withLock { $0.isFailing = failing }
    }

    /// Stores the event.
    ///
    /// - Throws: ``Failure`` while the log is set to fail.
    public func record(_ event: TokenEvent) async throws {
        try state.withLock { state in
            if state.isFailing { throw Failure() }
            state.events.append(event)
        }
    }
}
