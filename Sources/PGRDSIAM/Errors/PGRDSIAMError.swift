public import AuthTokens

/// Why there is no connection, or no answer on it.
///
/// Nothing in it is secret.
public struct PGRDSIAMError: AuditableError {
    /// The kinds of failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, as it stands in logs.
        public let description: String

        /// The connection string asks for something that would send a token the wrong way.
        ///
        /// Final.
        public static let invalidRequest = Code(description: "invalidRequest")
        /// The server refused the login (SQLSTATE class 28).
        ///
        /// A token from the cache has then been replaced and tried once more already.
        public static let loginRefused = Code(description: "loginRefused")
        /// No connection came about, or it broke.
        ///
        /// May be tried again, unless the message is about the server's certificate, or ``PGRDSIAMError/sqlState`` about
        /// what was asked for, such as `3D000`, a database that is not there.
        public static let connectionFailed = Code(description: "connectionFailed")
        /// The server did not answer in time.
        ///
        /// May be tried again.
        public static let timedOut = Code(description: "timedOut")
        /// The server answered a query with an error; ``PGRDSIAMError/sqlState`` says which.
        public static let queryFailed = Code(description: "queryFailed")
        /// The connection is closed.
        ///
        /// Open another.
        public static let closed = Code(description: "closed")
        /// The operating system refused something.
        public static let system = Code(description: "system")
    }

    /// What kind of failure this is.
    public let code: Code
    /// What happened and what to do next.
    public let message: String
    /// The server's SQLSTATE (PostgreSQL, "Error Codes"), where it sent one.
    public let sqlState: String?
    /// The host name and port of the server that the failure is about; nil where several had been dialled, or none.
    public internal(set) var endpoint: String?
    /// Why a login was refused, or never came to be for want of TLS, most probable cause first; empty for other failures.
    public internal(set) var likelyCauses: [LikelyCause] = []

    init(_ code: Code, _ message: String, sqlState: String? = nil, endpoint: String? = nil) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.endpoint = endpoint
    }

    /// The code under which the audit log files it: the SQLSTATE where there is one.
    public var auditCode: String { sqlState.map { "SQLSTATE.\($0)" } ?? "PGRDSIAMError.\(code)" }
}

extension PGRDSIAMError: CustomStringConvertible {
    /// The message, the SQLSTATE where there is one, and the likely causes: those the facts point to, or else all.
    public var description: String {
        let evident = likelyCauses.filter(\.isEvident)
        let causes = (evident.isEmpty ? likelyCauses : evident).map(\.description)
        let text = sqlState.map { "\(message) (SQLSTATE \($0))" } ?? message
        guard !causes.isEmpty else { return text }
        return text + ". " + (evident.isEmpty ? "Possible causes: " : "Likely cause: ") + causes.joined(separator: "; ")
    }
}

extension PGRDSIAMError {
    static let closed = PGRDSIAMError(.closed, "the connection is closed; open another")

    static let severalHosts = PGRDSIAMError(
        .invalidRequest,
        "each of several hosts needs a token of its own; name one host"
    )

    static let oneHostHere = PGRDSIAMError(
        .invalidRequest,
        "each of several hosts needs a token of its own, which only Linux can hand to libpq without a disk; name one host"
    )

    static let noHostName = PGRDSIAMError(
        .invalidRequest,
        "a token is signed for a host name and sent over TLS; set host to the database's endpoint, not to a socket"
    )

    static let noUser = PGRDSIAMError(.invalidRequest, "no user; set user in the connection string, or PGUSER")

    static func insecure(_ keyword: String, _ value: String, use secure: String) -> PGRDSIAMError {
        PGRDSIAMError(.invalidRequest, "\(keyword)=\(value) could send the token without TLS; use \(secure)")
    }

    static let lineInToken = PGRDSIAMError(
        .invalidRequest,
        "a token for one of several hosts may not hold a line end; connect to each host in turn"
    )

    static func unknownHost(_ name: String, _ reason: String) -> PGRDSIAMError {
        let shown = String(reflecting: String(name.prefix(260)))
        return PGRDSIAMError(.connectionFailed, "could not look up the host name \(shown): \(reason)")
    }

    static func system(_ call: String, _ number: Int32) -> PGRDSIAMError {
        PGRDSIAMError(.system, "\(call) failed with error number \(number)")
    }
}
