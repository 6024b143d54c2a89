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
        /// The operating system refused something, for want of memory or descriptors; it is retryable.
        public static let system = Code(description: "system")
    }

    /// What kind of failure this is.
    public let code: Code
    /// What happened and what to do next, in sentences.
    public let message: String
    /// The server's SQLSTATE (PostgreSQL, "Error Codes"), or `nil` if the server sent none.
    public let sqlState: String?
    /// The host name and port of the server that the failure is about, or `nil` if several were dialed, or none.
    public internal(set) var endpoint: String?
    /// Whether the server asked for the token, and got it, before the login failed.
    ///
    /// If it is `false`, the failure says nothing about the token.
    public internal(set) var passwordWasUsed = false
    /// What the client says of a failed login, with all that the server said, or `nil` for other failures.
    public internal(set) var underlyingError: (any Error)?
    /// Why a login was refused, or failed for want of TLS, most probable cause first; empty for other failures.
    public var likelyCauses: [LikelyCause] { evidence?.likelyCauses ?? [] }
    /// What is known of the failure of a login with a token, or `nil` for other failures.
    ///
    /// A program that knows more, such as AWS's time, may add to it and ask for the causes again.
    public internal(set) var evidence: LoginEvidence?

    /// Creates an error whose message becomes a sentence: servers and libpq write theirs without capital and full stop.
    init(_ code: Code, _ message: String, sqlState: String? = nil, endpoint: String? = nil) {
        self.code = code
        self.message = message.asSentence
        self.sqlState = sqlState
        self.endpoint = endpoint
    }

    /// The code in the audit log: the SQLSTATE if there is one, or else `PGRDSIAMError.` and the code.
    ///
    /// The prefix is older than this type's name. It stays, so that one search finds the rows of all versions.
    public var auditCode: String { sqlState.map { "SQLSTATE.\($0)" } ?? "PGRDSIAMError.\(code)" }
}

extension RDSIAMError {
    /// Whether the same call may succeed later; see the codes.
    public var isRetryable: Bool {
        switch code {
        case .timedOut, .system: true
        case .connectionFailed: sqlState.map(Self.isTransient) ?? !isAboutCertificate
        default: false
        }
    }

    /// Connection failures, serialization failures, resources, locks, and servers that start or stop (PostgreSQL,
    /// "Error Codes").
    private static func isTransient(_ sqlState: String) -> Bool {
        ["08", "40", "53", "55P03", "57P", "58"].contains { sqlState.hasBytePrefix($0) }
    }

    /// libpq tells failures of TLS apart by their texts alone.
    private var isAboutCertificate: Bool {
        ["certificate", "does not match host name", "does not support SSL"].contains { message.containsBytes($0) }
    }
}

extension RDSIAMError: CustomStringConvertible {
    /// The message, the SQLSTATE if there is one, and the likely causes: those the facts point to, or else all.
    public var description: String {
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
        "A token is signed for a host name and sent over TLS. Set host to the database's endpoint, not to a socket."
    )

    static let noUser = RDSIAMError(
        .invalidRequest,
        "There is no user to log in as. Set user in the connection string, or PGUSER."
    )

    static func signingEndpoints(_ keyword: String, _ found: Int, _ wanted: Int) -> RDSIAMError {
        let found = found == 1 ? "one" : "\(found)"
        let hosts = wanted == 1 ? "is one host" : "are \(wanted) hosts"
        return RDSIAMError(
            .invalidRequest,
            "The connection string's \(keyword) names \(found), and there \(hosts). Name one for each host, separated by "
                + "commas."
        )
    }

    static func notUTF8(_ keyword: String) -> RDSIAMError {
        RDSIAMError(.invalidRequest, "The value of \(keyword) is not UTF-8. Write it in UTF-8.")
    }
}

extension String {
    /// The text with a capital at its beginning, if that is an ASCII letter of a word, and a mark at its end.
    fileprivate var asSentence: String {
        let text = trimmingASCIISpace()
        guard let first = text.utf8.first else { return "" }
        let isKeyword = text.prefix { $0 != " " }.contains("=")
        let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) && !isKeyword
        let capital = isLetter ? text.prefix(1).uppercased() + text.dropFirst() : text
        return [".", "?", "!"].contains { text.hasByteSuffix($0) } ? capital : capital + "."
    }
}
