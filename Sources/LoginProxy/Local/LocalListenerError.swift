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
        package static let invalidAddress = Self("invalidAddress")
        /// Others than this user may enter the directory of the socket.
        package static let directoryNotPrivate = Self("directoryNotPrivate")
        /// The path of the socket is longer than the operating system allows.
        package static let pathTooLong = Self("pathTooLong")
        /// A running process listens there.
        public static let alreadyInUse = Self("alreadyInUse")
        /// What stands in the place of the socket is none, or belongs to another user.
        package static let notOurSocket = Self("notOurSocket")
        /// Other machines would reach the proxy without TLS or without a password.
        package static let exposed = Self("exposed")
        /// The file of the local password cannot be used.
        package static let passwordFile = Self("passwordFile")
        /// The operating system refuses a call.
        package static let system = Self("system")
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

    /// - Parameter process: The process that listens there, if it is known.
    static func inUse(_ place: String, by process: pid_t? = nil) -> Self {
        guard process != getpid() else {
            return Self(.alreadyInUse, "\(place) is given twice. Give each listener an address of its own.")
        }
        let name = process.map { process in
            ProcessName.of(process).map { ": process \(process), \($0)" } ?? ": process \(process)"
        }
        return Self(
            .alreadyInUse,
            "Another process listens on \(place)\(name ?? ""). End it, or choose another address.",
            isRetryable: true
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
