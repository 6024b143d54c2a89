/// Why there are no credentials.
///
/// The text says which sources were asked, why each had nothing, and what to do. It never holds a secret: no key, token,
/// response body, child process argument or output.
public struct AWSCredentialError: Error, Sendable {
    /// What went wrong, as a program sees it.
    public var code: Code
    /// One sentence that says what went wrong and, where it helps, what to do.
    public var message: String
    /// The sources that were asked before and including the one that failed, in order.
    public var trail: [CredentialAttempt]
    /// The AWS error code of the service that refused, such as `AccessDenied`.
    public var serviceCode: String?
    /// The request ID under which AWS knows the call, for its support; nil where there was no answer or it named none.
    public var requestID: String?

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - code: What went wrong.
    ///   - message: One sentence without secrets.
    ///   - trail: The sources that were asked.
    ///   - serviceCode: The AWS error code of the service that refused.
    ///   - requestID: The request ID under which AWS knows the call.
    public init(
        _ code: Code,
        _ message: String,
        trail: [CredentialAttempt] = [],
        serviceCode: String? = nil,
        requestID: String? = nil
    ) {
        self.code = code
        self.message = message
        self.trail = trail
        self.serviceCode = serviceCode
        self.requestID = requestID
    }

    /// Whether the same call may succeed later without anybody changing the configuration.
    public var isRetryable: Bool {
        [.timedOut, .unreachable, .interrupted, .serviceUnavailable, .invalidResponse].contains(code)
    }
}

extension AWSCredentialError {
    /// The reasons a source may give.
    ///
    /// More may be added: compare with `==` and keep a default case.
    public struct Code: Sendable, Hashable, RawRepresentable, CustomStringConvertible {
        /// The name, such as `notConfigured`.
        public let rawValue: String

        /// Names a code.
        ///
        /// - Parameter rawValue: The name.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The name.
        public var description: String { rawValue }

        /// The source has nothing to go by; a chain asks the next one.
        public static let notConfigured = Self(rawValue: "notConfigured")
        /// The configuration contradicts itself, is incomplete or cannot be parsed.
        public static let invalidConfiguration = Self(rawValue: "invalidConfiguration")
        /// A file that the configuration names is missing or cannot be read.
        public static let unreadableFile = Self(rawValue: "unreadableFile")
        /// The configuration asks for something that cannot be done here, such as HTTP without an HTTP client.
        public static let unsupported = Self(rawValue: "unsupported")
        /// The service refused for good, such as `AccessDenied`.
        public static let refused = Self(rawValue: "refused")
        /// A sign-in has ended; `aws sso login` or `aws login` starts another.
        public static let signInRequired = Self(rawValue: "signInRequired")
        /// The service answered that it cannot just now (throttling, 5xx).
        public static let serviceUnavailable = Self(rawValue: "serviceUnavailable")
        /// No connection came about.
        public static let unreachable = Self(rawValue: "unreachable")
        /// The connection broke before the answer was whole.
        public static let interrupted = Self(rawValue: "interrupted")
        /// An answer took too long.
        public static let timedOut = Self(rawValue: "timedOut")
        /// An answer came that is not credentials.
        public static let invalidResponse = Self(rawValue: "invalidResponse")
        /// A credential process failed.
        public static let processFailed = Self(rawValue: "processFailed")
        /// The only credentials to be had are dead.
        public static let expired = Self(rawValue: "expired")
    }
}

extension AWSCredentialError: CustomStringConvertible, CustomDebugStringConvertible {
    /// The message, then one line for each source that was asked.
    public var description: String {
        let asked = trail.map { "\n  - \($0)" }.joined()
        return trail.isEmpty ? message : "\(message) Sources asked, in order:\(asked)"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }
}

extension AWSCredentialError {
    /// Returns the error as an ``AWSCredentialError``, without the text of another type's error, which may hold a secret.
    ///
    /// - Throws: `CancellationError` if the error is one, or if the task is canceled.
    static func wrapping(_ error: any Error) throws(CancellationError) -> AWSCredentialError {
        try CancellationError.rethrow(error)
        if let error = error as? AWSCredentialError { return error }
        return AWSCredentialError(.unreachable, "The source failed with \(type(of: error)).")
    }
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
    /// Whether asking again cannot help until somebody changes a policy or signs in.
    ///
    /// The list is that of the AWS SDKs' credential refresh behavior.
    var isBeyondCure: Bool {
        if code == .signInRequired { return true }
        guard code == .refused, let serviceCode else { return false }
        let name = serviceCode.hasSuffix("Exception") ? String(serviceCode.dropLast(9)) : serviceCode
        return Self.incurableServiceCodes.contains(name)
    }

    private static let incurableServiceCodes: Set<String> = [
        "AccessDenied", "MalformedPolicyDocument", "PackedPolicyTooLarge", "RegionDisabled", "IDPRejectedClaim",
        "InvalidIdentityToken",
    ]
}
