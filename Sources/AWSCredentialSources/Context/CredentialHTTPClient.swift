import RDSIAMBasics

/// An HTTP client, as far as credential sources need one.
///
/// The trait `AsyncHTTPClient` brings a conformer; any other client conforms in ten lines. A conformer must not follow
/// redirects, must keep the timeouts and the body limit of the request, must trust no certificates but
/// ``CredentialHTTPRequest/trustedCertificates`` if there are any, and must go directly, without any proxy, if
/// ``CredentialHTTPRequest/mayUseProxy`` is false.
public protocol CredentialHTTPClient: Sendable {
    /// Makes one exchange.
    ///
    /// - Parameter request: What to send.
    /// - Returns: What came back, whatever its status.
    /// - Throws: ``CredentialHTTPError`` if no whole answer came, `CancellationError` if the task is canceled; the
    ///   caller decides whether to try again.
    func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse
}

/// One request to an AWS service or metadata endpoint.
public struct CredentialHTTPRequest: Sendable {
    /// The method, in capitals.
    public var method: String
    /// The absolute URL.
    public var url: String
    /// Header fields in order, their names in lowercase, without `host`.
    public var headers: [(name: String, value: String)]
    /// The body; empty if there is none.
    public var body: [UInt8]
    /// How long to wait for a connection.
    public var connectTimeout: Duration
    /// How long the whole exchange may take, connecting included.
    public var timeout: Duration
    /// How many bytes of body to accept.
    public var bodyLimit: Int
    /// Whether a proxy may be used: never for link-local and loopback endpoints, which a proxy cannot reach or must not
    /// see.
    public var mayUseProxy: Bool
    /// The certificates, in PEM, that a server's chain of certificates must lead to, or `nil` for those of the system.
    public var trustedCertificates: [UInt8]?

    /// Creates a request with the properties of the same names.
    package init(
        method: String = "GET",
        url: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        connectTimeout: Duration = .seconds(2),
        timeout: Duration = .seconds(5),
        bodyLimit: Int = 1 << 20,
        mayUseProxy: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.bodyLimit = bodyLimit
        self.mayUseProxy = mayUseProxy
    }
}

/// One answer.
public struct CredentialHTTPResponse: Sendable {
    /// The status code.
    package var status: Int
    /// Header fields in order.
    package var headers: [(name: String, value: String)]
    /// The body.
    package var body: [UInt8]

    /// Creates an answer with the properties of the same names.
    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Why an exchange did not end with a whole answer.
///
/// Trying again may help unless the code is ``Code/bodyTooLarge``, ``Code/malformed``, `proxyRefused`,
/// ``Code/unusableProxy``, ``Code/untrustedServer`` or `unusableCertificates`.
public struct CredentialHTTPError: RetryableError, CustomStringConvertible, CustomReflectable {
    /// What went wrong with an exchange; more codes may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name, such as `connectTimeout`.
        public let description: String
        fileprivate let message: String
        fileprivate var isRetryable = true

        /// No connection was made in time.
        public static let connectTimeout = Self(
            description: "connectTimeout",
            message: "No connection was made in time. Check the network and the endpoint."
        )
        /// No whole answer came in time.
        public static let timeout = Self(
            description: "timeout",
            message: "No whole answer came in time. Try again later."
        )
        /// The connection was refused or impossible.
        public static let cannotConnect = Self(
            description: "cannotConnect",
            message: "No connection could be made. Check the network and the endpoint."
        )
        /// The connection broke before the answer was whole.
        public static let connectionLost = Self(
            description: "connectionLost",
            message: "The connection broke before the answer was whole. Try again."
        )
        /// The answer was larger than the request accepts.
        public static let bodyTooLarge = Self(
            description: "bodyTooLarge",
            message: "The answer was too large. Check that the endpoint is the service's.",
            isRetryable: false
        )
        /// The proxy does not let the request through, or wants a login that it was not given.
        package static let proxyRefused = Self(
            description: "proxyRefused",
            message: "The proxy refused the request. Check the proxy's login and its rules.",
            isRetryable: false
        )
        /// What is named as a proxy is none that is spoken to in HTTP.
        public static let unusableProxy = Self(
            description: "unusableProxy",
            message: "The proxy that the environment names cannot be used. Name it as http://host:port.",
            isRetryable: false
        )
        /// No TLS connection came about: the server's certificate is not trusted, or the server speaks no TLS.
        public static let untrustedServer = Self(
            description: "untrustedServer",
            message: "No TLS connection that can be trusted came about. Check the certificate of the server.",
            isRetryable: false
        )
        /// The trusted certificates are not certificates.
        static let unusableCertificates = Self(
            description: "unusableCertificates",
            message: "The trusted certificates cannot be read. Check the file that AWS_CA_BUNDLE or ca_bundle names.",
            isRetryable: false
        )
        /// The answer was not HTTP, or the request could not be made.
        public static let malformed = Self(
            description: "malformed",
            message: "No well-formed exchange came about. Check that the endpoint is the service's.",
            isRetryable: false
        )
    }

    /// What went wrong, as a program sees it.
    public let code: Code
    /// What went wrong and what to do.
    public let message: String
    /// The HTTP client's own error, if there is one.
    public let underlyingError: (any Error)?

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - code: What went wrong.
    ///   - message: What went wrong in particular and what to do, without secrets; `nil` for the code's own message.
    ///   - underlyingError: The HTTP client's own error.
    public init(_ code: Code, _ message: String? = nil, underlyingError: (any Error)? = nil) {
        self.code = code
        self.message = message ?? code.message
        self.underlyingError = underlyingError
    }

    /// Whether the same call may succeed later although nothing is changed.
    public var isRetryable: Bool { code.isRetryable }

    /// The same as ``message``.
    public var description: String { message }

    /// A mirror with the type of the client's own error, whose text may hold anything.
    public var customMirror: Mirror {
        Mirror(
            self,
            children: ["code": code.description, "underlyingError": underlyingError.map { "\(type(of: $0))" } as Any]
        )
    }
}

extension CredentialHTTPError: Equatable {
    /// Returns whether both have the same code, whatever the client's own errors.
    public static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}

extension CredentialHTTPRequest: CustomReflectable {
    /// A mirror with the method, the URL without its query and the names of the header fields.
    public var customMirror: Mirror {
        let place = url.splitBytes(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)[0]
        return Mirror(self, children: ["method": method, "url": place, "headers": headers.map(\.name)])
    }
}

extension CredentialHTTPResponse: CustomReflectable {
    /// A mirror with the status, the names of the header fields and the size of the body.
    public var customMirror: Mirror {
        Mirror(self, children: ["status": status, "headers": headers.map(\.name), "bytes": body.count])
    }
}
