/// An HTTP client, as far as credential sources need one.
///
/// The trait `AsyncHTTPClient` brings a conformer; any other client conforms in ten lines. A conformer must not follow redirects,
/// must keep the time limits and the body limit of the request, and must go directly, without any proxy, where
/// ``CredentialHTTPRequest/mayUseProxy`` is false.
public protocol CredentialHTTPClient: Sendable {
    /// Makes one exchange.
    ///
    /// - Parameter request: What to send.
    /// - Returns: What came back, whatever its status.
    /// - Throws: ``CredentialHTTPError`` where no whole answer came; retries are the caller's business.
    func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse
}

/// One request to an AWS service or metadata endpoint.
public struct CredentialHTTPRequest: Sendable {
    /// The method, in capitals.
    public var method: String
    /// The absolute URL.
    public var url: String
    /// Header fields in order, their names in lower case, without `host`.
    public var headers: [(name: String, value: String)]
    /// The body; empty where there is none.
    public var body: [UInt8]
    /// How long to wait for a connection.
    public var connectTimeout: Duration
    /// How long the whole exchange may take, connecting included.
    public var timeout: Duration
    /// How many bytes of body to accept.
    public var bodyLimit: Int
    /// Whether a proxy may be used: never for link-local and loopback endpoints, which a proxy cannot reach or must not see.
    public var mayUseProxy: Bool

    /// Creates a request.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - url: The absolute URL.
    ///   - headers: Header fields.
    ///   - body: The body.
    ///   - connectTimeout: How long to wait for a connection.
    ///   - timeout: How long the whole exchange may take.
    ///   - bodyLimit: How many bytes of body to accept.
    ///   - mayUseProxy: Whether a proxy may be used.
    public init(
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
    public var status: Int
    /// Header fields in order.
    public var headers: [(name: String, value: String)]
    /// The body.
    public var body: [UInt8]

    /// Creates an answer.
    ///
    /// - Parameters:
    ///   - status: The status code.
    ///   - headers: Header fields.
    ///   - body: The body.
    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Why an exchange did not end with a whole answer.
public struct CredentialHTTPError: Error, Sendable, Hashable {
    /// What went wrong.
    public var code: Code

    /// Creates an error.
    ///
    /// - Parameter code: What went wrong.
    public init(_ code: Code) {
        self.code = code
    }

    /// What went wrong with an exchange.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// What went wrong, in words.
        public let description: String

        /// No connection came about in time.
        public static let connectTimeout = Self(description: "no connection in time")
        /// No whole answer came in time.
        public static let timeout = Self(description: "no answer in time")
        /// The connection was refused or impossible.
        public static let cannotConnect = Self(description: "no connection")
        /// The connection broke before the answer was whole.
        public static let connectionLost = Self(description: "the connection broke")
        /// The answer was larger than the request accepts.
        public static let bodyTooLarge = Self(description: "the answer was too large")
        /// The proxy does not let the request through, or wants a login that it was not given.
        public static let proxyRefused = Self(description: "the proxy refused")
        /// What is named as a proxy is none that is spoken to in HTTP.
        public static let unusableProxy = Self(description: "the proxy that the environment names cannot be used")
        /// The answer was not HTTP, or the request could not be made.
        public static let malformed = Self(description: "no well-formed exchange")
    }
}
