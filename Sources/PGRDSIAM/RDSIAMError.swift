public import AuthTokens
@_exported public import RDSIAMBasics

/// Why there is no connection, or no answer on it.
///
/// Nothing in it is secret. ``isRetryable`` answers whether the same call may succeed later.
public struct RDSIAMError: AuditableError, RetryableError {
    /// The kinds of failure; later versions may add more.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, as it stands in logs.
        public let description: String

        /// The connection string asks for something that would send a token the wrong way.
        public static let invalidRequest = Code(description: "invalidRequest")
        /// There is no server to dial.
        ///
        /// Nothing was sent: libpq would have dialed its default, a Unix socket.
        public static let noEndpoints = Code(description: "noEndpoints")
        /// The server that libpq dialed is not one that the connection string names, or the connection has no TLS.
        ///
        /// The connection was closed. This is a fault of this package, of libpq or of the compiler: please report it.
        public static let endpointMismatch = Code(description: "endpointMismatch")
        /// The server refused the login (SQLSTATE class 28).
        ///
        /// A token from the cache has then been replaced and tried once more already.
        public static let loginRefused = Code(description: "loginRefused")
        /// No connection came about, or it broke.
        ///
        /// It is retryable, unless the message is about the server's certificate, or ``RDSIAMError/sqlState`` about
        /// what was asked for, such as `3D000`, a database that does not exist.
        public static let connectionFailed = Code(description: "connectionFailed")
        /// The server did not answer in time; it is retryable.
        public static let timedOut = Code(description: "timedOut")
        /// There was no token for any of several servers, or for the last one.
        ///
        /// ``RDSIAMError/underlyingError`` says why. If there is one server alone, what the issuer throws is thrown as
        /// it is.
        public static let noToken = Code(description: "noToken")
        /// The operating system refused something, for want of memory or descriptors; it is retryable.
        public static let system = Code(description: "system")
    }

    /// What kind of failure this is.
    public let code: Code
    /// What happened and what to do next, in sentences.
    public let message: String
    /// The host name and port of the server that the message is about, or `nil` if it is about none.
    public internal(set) var endpoint: String?
    /// The failure that this one stands for: a `PGError` with all that the server said if a login failed, what the
    /// issuer threw if there was no token, or `nil`.
    public internal(set) var underlyingError: (any Error)?
    /// The failures of the servers and addresses that were tried before, in order.
    public internal(set) var earlierFailures: [any Error] = []
    /// Why a login was refused, or failed for want of TLS, most probable cause first; empty for other failures.
    public var likelyCauses: [LikelyCause] { evidence?.likelyCauses ?? [] }
    /// What is known of the failure of a login with a token, or `nil` for other failures.
    ///
    /// A program that knows more, such as AWS's time, may add to it and ask for the causes again.
    public internal(set) var evidence: LoginEvidence?

    init(_ code: Code, _ message: String, endpoint: String? = nil) {
        self.code = code
        self.message = message
        self.endpoint = endpoint
    }

    /// The code in the audit log: the SQLSTATE if there is one, or else `PGRDSIAMError.` and the code.
    ///
    /// The prefix is older than this type's name. It stays, so that one search finds the rows of all versions.
    public var auditCode: String { sqlState.map { "SQLSTATE.\($0)" } ?? "PGRDSIAMError.\(code)" }
}

extension RDSIAMError {
    /// What libpq said of a failed login.
    private var libpqError: PGError? { underlyingError as? PGError }

    /// The server's SQLSTATE (PostgreSQL, "Error Codes"), or `nil` if the server sent none.
    public var sqlState: String? { libpqError?.sqlState }

    /// Whether the server asked for the token, and got it, before the login failed.
    ///
    /// If it is `false`, the failure says nothing about the token.
    public var passwordWasUsed: Bool { libpqError?.passwordWasUsed ?? false }

    /// Whether the same call may succeed later; see the codes.
    ///
    /// Of several servers it is enough that one may let the user in later, unless one has refused the login.
    public var isRetryable: Bool {
        let failures = code == .loginRefused ? [] : earlierFailures
        return ([underlyingError] + failures).contains { ($0 as? any RetryableError)?.isRetryable ?? false }
    }

    /// Whether PostgreSQL compared an RDS token with a stored password, as it does for a role that does not exist or is
    /// not in `rds_iam`: another token would be refused alike.
    private var isAboutStoredPassword: Bool {
        guard let server = libpqError?.server, server.sqlState == "28P01" else { return false }
        return server.routine == "auth_failed" && evidence?.token?.service == .rds
    }

    /// What the token comes to that a failed login was tried with.
    var outcome: TokenOutcome {
        guard let libpqError else { return .notJudged }
        if libpqError.passwordWasAccepted { return .accepted }
        guard !isAboutStoredPassword else { return .notJudged }
        return evidence?.isRefusalOfToken ?? false ? .refused : .notJudged
    }
}

extension RDSIAMError {
    /// What the client says of a failed login.
    init(_ error: PGError) {
        let code: Code =
            switch error.code {
            case .loginRefused: .loginRefused
            case .endpointMismatch: .endpointMismatch
            case .timedOut: .timedOut
            case .system: .system
            case .invalidParameter, .unsupportedEncoding: .invalidRequest
            default: .connectionFailed
            }
        self.init(code, error.messageWithoutWeakAdvice, endpoint: error.endpoint?.name)
        earlierFailures = error.earlierFailures
        underlyingError = error
    }

    /// One of several servers had no token to be tried with.
    init(_ error: any Error, makingTokenFor endpoint: PGEndpoint) {
        self.init(
            .noToken,
            "The token for \(endpoint) could not be made or put on record. \(error)",
            endpoint: endpoint.name
        )
        underlyingError = error
    }
}

extension RDSIAMError: CustomStringConvertible {
    /// One line: the message, the SQLSTATE if there is one, the likely causes, those the facts point to, or else all,
    /// and the failures of the servers that were tried before.
    public var description: String {
        guard !earlierFailures.isEmpty else { return ownDescription }
        return ownDescription + " Before that: " + earlierFailures.map { "\($0)" }.joined(separator: " ")
    }

    private var ownDescription: String {
        let causes = likelyCauses
        let evident = causes.filter { $0.certainty == .evident }
        let text = sqlState.map { "\(message) (SQLSTATE \($0))" } ?? message
        guard !causes.isEmpty else { return text }
        return text + (evident.isEmpty ? " Possible causes: " : " Likely cause: ")
            + (evident.isEmpty ? causes : evident).map(\.description).joined(separator: " ")
    }
}

extension RDSIAMError {
    static let noEndpoints = RDSIAMError(.noEndpoints, "There is no server to dial. Name one with host or hostaddr.")

    static func endpointMismatch(_ endpoint: String) -> RDSIAMError {
        RDSIAMError(
            .endpointMismatch,
            """
            The connection string does not allow a token for the server \(String(reflecting: endpoint)), which was about to \
            be dialed. Nothing was sent; please report this.
            """,
            endpoint: endpoint
        )
    }

    static let severalHosts = RDSIAMError(
        .invalidRequest,
        "Each of several hosts needs a token of its own. Name one host."
    )

    static let noHostName = RDSIAMError(
        .invalidRequest,
        """
        A token is signed for a host name, and none is given: libpq would dial a local socket. Set host in the connection \
        string, or PGHOST, to the database's endpoint.
        """
    )

    static let noUser = RDSIAMError(
        .invalidRequest,
        "There is no user to log in as. Set user in the connection string, or PGUSER."
    )

    static func notUTF8(_ keyword: String) -> RDSIAMError {
        RDSIAMError(.invalidRequest, "The value of \(keyword) is not UTF-8. Write it in UTF-8.")
    }
}
