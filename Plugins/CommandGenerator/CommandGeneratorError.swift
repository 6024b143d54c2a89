public import AuthTokens
// Adopters see one declaration of it, the protocol of errors that may be retried.
@_exported public import RDSIAMBasics

/// Why a program returned no password.
///
/// The message names the program, never its arguments, its output or its environment.
public struct CommandGeneratorError: AuditableError, RetryableError, Hashable, CustomStringConvertible {
    /// The kind of an error, open for more kinds later.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the kind, as it stands in the audit log.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// The connection string names a command, and the program does not allow that.
        public static let notAllowed = Self("notAllowed")
        /// The connection string names no command, or one with a quotation mark that is not closed.
        package static let invalidCommand = Self("invalidCommand")
        /// There is no such program, or it may not be started.
        public static let cannotStart = Self("cannotStart")
        /// The operating system has no process, thread, descriptor or memory left for it; may be retried.
        public static let systemBusy = Self("systemBusy")
        /// The program ended with a status other than 0; may be retried.
        public static let failed = Self("failed")
        /// The program did not end in time; may be retried.
        public static let timedOut = Self("timedOut")
        /// The program printed more than its limit.
        package static let tooMuchOutput = Self("tooMuchOutput")
        /// The program printed no password, or its expiry is not a time.
        package static let invalidOutput = Self("invalidOutput")
    }

    /// The kind of this error.
    public let code: Code
    /// What is wrong and what to do.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the same call may succeed later: for ``Code/systemBusy``, ``Code/failed`` and ``Code/timedOut``.
    public var isRetryable: Bool { [.systemBusy, .failed, .timedOut].contains(code) }

    /// The message.
    public var description: String { message }

    /// The code under which the audit log files it.
    public var auditCode: String { "CommandGeneratorError.\(code)" }
}
