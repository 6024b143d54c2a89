#if Proxy
public import AuthTokens
@_exported public import RDSIAMBasics

/// What a proxy cannot be set up with; why it cannot listen is a ``LocalListenerError``.
///
/// None is retryable: something must change first.
public struct ProxyError: RetryableError, AuditableError, Hashable, CustomStringConvertible {
    /// The kinds of error; later versions may add more.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, as it stands in logs.
        public let description: String

        /// The connection string asks for something that the proxy does not do, or that would not be safe.
        public static let invalidUpstream = Code(description: "invalidUpstream")
        /// A certificate or a key could not be read.
        public static let unreadableCertificate = Code(description: "unreadableCertificate")
    }

    /// The kind of error.
    public let code: Code
    /// What is wrong and what to do about it.
    public let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the same call may succeed later with nothing changed: no.
    public var isRetryable: Bool { false }

    /// The ``message``.
    public var description: String { message }

    /// The code under which the audit log files it.
    public var auditCode: String { "ProxyError.\(code)" }

    /// Returns whether code and message are the same, byte by byte.
    public static func == (left: Self, right: Self) -> Bool {
        left.code == right.code && left.message.isBytewiseEqual(to: right.message)
    }

    /// Hashes the message.
    public func hash(into hasher: inout Hasher) { hasher.combine(ByteText(message)) }
}
#endif
