public import AuthTokens
import Synchronization

/// An audit log in memory, which a test reads and may let fail.
///
/// ```swift
/// let log = RecordingAuditRecorder()
/// let issuer = TokenIssuer(generators: generators, audit: .required(log))
/// ```
public final class RecordingAuditRecorder: TokenAuditRecorder {
    /// What the recorder throws while it is told to fail.
    public struct Failure: AuditableError {
        /// The code under which the failure is filed.
        public let auditCode = "RecordingAuditRecorder.Failure"
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

    /// What was recorded, in order.
    public var events: [TokenEvent] { state.withLock { $0.events } }

    /// Lets the log refuse events from now on, or take them again.
    public func setFailing(_ failing: Bool) {
        state.withLock { $0.isFailing = failing }
    }

    /// Keeps the event.
    ///
    /// - Throws: ``Failure`` where a test wants it to.
    public func record(_ event: TokenEvent) async throws {
        try state.withLock { state in
            if state.isFailing { throw Failure() }
            state.events.append(event)
        }
    }
}
