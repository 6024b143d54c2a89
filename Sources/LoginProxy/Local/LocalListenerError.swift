#if Proxy
import RDSIAMBasics
import RDSIAMSystem

/// The proxy cannot listen, or cannot read what guards its listener.
///
/// Retryable: `alreadyInUse`, as the other process may end, and `system` if the operating system is short of something.
public struct LocalListenerError: RetryableError, CustomStringConvertible {
    /// A kind of failure, open for more later.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        private init(_ description: String) { self.description = description }

        /// The text is no address to listen on.
        public static let invalidAddress = Self("invalidAddress")
        /// Others than this user may enter the directory of the socket.
        public static let directoryNotPrivate = Self("directoryNotPrivate")
        /// The path of the socket is longer than the operating system allows.
        public static let pathTooLong = Self("pathTooLong")
        /// A running process listens there.
        public static let alreadyInUse = Self("alreadyInUse")
        /// What stands in the place of the socket is none, or belongs to another user.
        public static let notOurSocket = Self("notOurSocket")
        /// Other machines would reach the proxy without TLS or without a password.
        public static let exposed = Self("exposed")
        /// The file of the local password cannot be used.
        public static let passwordFile = Self("passwordFile")
        /// The operating system refuses a call.
        public static let system = Self("system")
    }

    /// What kind of failure it is.
    public let code: Code
    /// What went wrong and what to do, as a sentence.
    public let message: String
    /// Whether the same call may succeed later.
    public let isRetryable: Bool
    /// The message.
    public var description: String { message }

    init(_ code: Code, _ message: String, isRetryable: Bool = false) {
        self.code = code
        self.message = message
        self.isRetryable = isRetryable
    }

    static func invalidAddress(_ text: String) -> Self {
        Self(
            .invalidAddress,
            """
            The proxy cannot listen on \(text). Write 127.0.0.1:5433, [::1]:5433, or the absolute path of a \
            directory for a Unix socket.
            """
        )
    }

    static func system(_ what: String, _ number: Int32) -> Self {
        Self(
            .system,
            "The operating system refuses to \(what): \(String(cString: strerror(number))).",
            isRetryable: isShortage(number)
        )
    }
}
#endif
