@_exported public import RDSIAMBasics

/// Why there are no credentials.
///
/// The text says which sources were asked, why each had nothing, and what to do. It never holds a secret: no key,
/// token, response body, child process argument or output.
///
/// Trying again may help with the codes ``Code/timedOut``, ``Code/unreachable``, `interrupted`,
/// ``Code/serviceUnavailable`` and ``Code/invalidResponse``, and with ``Code/unreadableFile`` and
/// ``Code/processFailed`` if the ``underlyingError`` may be retried. A canceled call throws `CancellationError`
/// instead.
public struct AWSCredentialError: RetryableError {
    /// What went wrong, as a program sees it.
    public let code: Code
    /// One or two sentences that say what went wrong and, if it helps, what to do.
    public internal(set) var message: String
    /// The sources that were asked before and including the one that failed, in order.
    public internal(set) var trail: [CredentialAttempt]
    /// The AWS error code of the service that refused, such as `AccessDenied`.
    public let serviceCode: String?
    /// The request ID under which AWS knows the call, for its support, or `nil` if there was no answer or it named
    /// none.
    package let requestID: String?
    /// The error of the file system, the network or the child process, if one is the reason.
    public let underlyingError: (any Error)?

    /// Creates an error with the properties of the same names.
    ///
    /// No text may hold a secret but that of the underlying error, which is never printed.
    public init(
        _ code: Code,
        _ message: String,
        trail: [CredentialAttempt] = [],
        serviceCode: String? = nil,
        requestID: String? = nil,
        underlyingError: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.trail = trail
        self.serviceCode = serviceCode
        self.requestID = requestID
        self.underlyingError = underlyingError
    }

    /// Whether the same call may succeed later although the configuration stays the same.
    public var isRetryable: Bool {
        [.timedOut, .unreachable, .interrupted, .serviceUnavailable, .invalidResponse].contains(code)
            || [.unreadableFile, .processFailed].contains(code)
                && (underlyingError as? any RetryableError)?.isRetryable == true
    }
}

extension AWSCredentialError {
    /// The reasons a source may give.
    ///
    /// More may be added: compare with `==` and keep a default case.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name, such as `notConfigured`.
        public let description: String

        /// The source has nothing to go by; a chain asks the next one.
        public static let notConfigured = Self(description: "notConfigured")
        /// The configuration contradicts itself, is incomplete or cannot be parsed.
        public static let invalidConfiguration = Self(description: "invalidConfiguration")
        /// A file that the configuration names is missing or cannot be read.
        public static let unreadableFile = Self(description: "unreadableFile")
        /// The configuration asks for something that cannot be done here, such as HTTP without an HTTP client.
        package static let unsupported = Self(description: "unsupported")
        /// The service refused for good, such as `AccessDenied`.
        public static let refused = Self(description: "refused")
        /// A sign-in has ended; `aws sso login` or `aws login` starts another.
        public static let signInRequired = Self(description: "signInRequired")
        /// The service answered that it cannot just now (throttling, 5xx).
        public static let serviceUnavailable = Self(description: "serviceUnavailable")
        /// No connection came about.
        public static let unreachable = Self(description: "unreachable")
        /// The server's certificate is not trusted, or the server speaks no TLS.
        public static let untrustedServer = Self(description: "untrustedServer")
        /// The connection broke before the answer was whole.
        package static let interrupted = Self(description: "interrupted")
        /// An answer took too long.
        public static let timedOut = Self(description: "timedOut")
        /// An answer came that is not credentials.
        public static let invalidResponse = Self(description: "invalidResponse")
        /// A credential process failed.
        public static let processFailed = Self(description: "processFailed")
        /// All credentials that there are have expired.
        public static let expired = Self(description: "expired")
    }
}

extension AWSCredentialError: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The message, then one line for each source that was asked and is not the one the message speaks of.
    public var description: String {
        let others = trail.filter { $0.reason != message }
        guard !others.isEmpty else { return message }
        let title = others.count < trail.count ? "Sources asked before" : "Sources asked, in order"
        return "\(message) \(title):" + others.map { "\n  - \($0)" }.joined()
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror with the type of the underlying error, whose text may hold anything.
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "code": code.description, "message": message, "trail": trail, "serviceCode": serviceCode as Any,
                "requestID": requestID as Any, "underlyingError": underlyingError.map { "\(type(of: $0))" } as Any,
            ]
        )
    }
}

extension AWSCredentialError {
    /// Returns the error as an ``AWSCredentialError``, without the text of another type's error, which may hold a
    /// secret.
    ///
    /// - Throws: `CancellationError` if the error is one, or if the task is canceled.
    static func wrapping(_ error: any Error) throws(CancellationError) -> AWSCredentialError {
        try CancellationError.rethrow(error)
        if let error = error as? AWSCredentialError { return error }
        return AWSCredentialError(
            .unreachable,
            "The source failed with \(type(of: error)).",
            underlyingError: error
        )
    }

    /// An error of the configuration.
    static func invalid(_ message: String) -> AWSCredentialError { AWSCredentialError(.invalidConfiguration, message) }
}

extension CancellationError {
    /// Throws if an error stems from a cancellation.
    ///
    /// A client that is canceled may throw an error of its own, so a canceled task counts as well.
    static func rethrow(_ error: any Error) throws(CancellationError) {
        if Task.isCancelled || error is CancellationError { throw CancellationError() }
    }
}

extension AWSCredentialError {
    /// Whether asking again cannot help before a policy is changed or the user signs in.
    ///
    /// The list is that of the AWS SDKs' credential refresh behavior.
    var isBeyondCure: Bool {
        if code == .signInRequired { return true }
        guard code == .refused, let serviceCode else { return false }
        return Self.incurableServiceCodes.contains {
            serviceCode.isBytewiseEqual(to: $0) || serviceCode.isBytewiseEqual(to: $0 + "Exception")
        }
    }

    /// Whether a service refused the keys that signed the call, as they have expired or do not exist any more.
    package var refusesKeys: Bool {
        guard code == .refused, let serviceCode else { return false }
        return Self.keyServiceCodes.contains { serviceCode.isBytewiseEqual(to: $0) }
    }

    private static let keyServiceCodes = [
        "ExpiredToken", "ExpiredTokenException", "InvalidToken", "InvalidClientTokenId", "UnrecognizedClientException",
    ]

    private static let incurableServiceCodes = [
        "AccessDenied", "MalformedPolicyDocument", "PackedPolicyTooLarge", "RegionDisabled", "IDPRejectedClaim",
        "InvalidIdentityToken",
    ]
}
