@_exported public import RDSIAMBasics

/// Why there is no connection, no answer on it, or no such value in an answer.
///
/// Nothing in the message is secret. ``isRetryable`` answers whether the same call may succeed later.
public struct PGError: RetryableError {
    /// The kinds of failure; later versions may add more.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, as it stands in logs.
        public let description: String

        /// A parameter of the login cannot be used; nothing was sent.
        public static let invalidParameter = Code(description: "invalidParameter")
        /// The server refused the login (SQLSTATE class 28).
        public static let loginRefused = Code(description: "loginRefused")
        /// The server let the user in, but is not what `target_session_attrs` asks for; it is retryable.
        public static let unsuitableServer = Code(description: "unsuitableServer")
        /// No connection came about, or it broke.
        ///
        /// It is retryable, unless the message is about the server's certificate, or the SQLSTATE about what was asked
        /// for, such as `3D000`, a database that does not exist.
        public static let connectionFailed = Code(description: "connectionFailed")
        /// libpq was about to use an endpoint, or a connection without TLS, that the login does not allow.
        ///
        /// The connection was closed. This is a fault of this package, of libpq or of the compiler: please report it.
        public static let endpointMismatch = Code(description: "endpointMismatch")
        /// The server did not answer in time; it is retryable.
        public static let timedOut = Code(description: "timedOut")
        /// The server answered a statement with an error; ``PGError/server`` has all of it.
        ///
        /// It is retryable if the server says so, as it does of serialization failures and deadlocks.
        public static let queryFailed = Code(description: "queryFailed")
        /// The connection is closed; reset it or open another.
        public static let closed = Code(description: "closed")
        /// The operating system refused something for want of memory, threads or descriptors; it is retryable.
        public static let system = Code(description: "system")
        /// A statement or a parameter cannot be sent, and nothing was.
        public static let invalidStatement = Code(description: "invalidStatement")
        /// The text is not in UTF-8, or `client_encoding` is not.
        public static let unsupportedEncoding = Code(description: "unsupportedEncoding")
        /// A statement began a COPY, which was stopped.
        ///
        /// The connection can be used again. Use ``PGConnection/copyOut(_:_:)`` or ``PGConnection/copyIn(_:from:)``.
        public static let copyNotPossible = Code(description: "copyNotPossible")
        /// The result has no such column.
        public static let unknownColumn = Code(description: "unknownColumn")
        /// The column is NULL, but a value was asked for.
        public static let unexpectedNull = Code(description: "unexpectedNull")
        /// The column's value is not of the type that was asked for, or does not fit into it.
        public static let typeMismatch = Code(description: "typeMismatch")
    }

    /// What kind of failure this is.
    public let code: Code
    /// What happened and what to do next, in sentences.
    public let message: String
    /// What the server said, or `nil` if it said nothing.
    public let server: PGServerMessage?
    /// The server that the failure is about, or `nil` if it is about none or about several.
    public internal(set) var endpoint: PGEndpoint?
    /// Whether the server asked for a password, and got one, before the login failed (libpq,
    /// `PQconnectionUsedPassword`).
    ///
    /// If it is `false`, the failure says nothing about the password.
    public internal(set) var passwordWasUsed = false
    /// Whether the server let the password in before the login failed, as for a role that may not log in, or for a
    /// database that does not exist.
    public internal(set) var passwordWasAccepted = false
    /// The failures of the other servers and addresses that were tried before, in order.
    public internal(set) var earlierFailures: [any Error] = []
    /// Whether libpq would go on with the next server or address after this failure of a login.
    var allowsNextServer = false

    /// The server's SQLSTATE (PostgreSQL, "Error Codes"), or `nil` if the server sent none.
    public var sqlState: String? { server?.sqlState }

    /// Creates an error whose message becomes a sentence: servers and libpq write theirs without capital and full stop.
    init(_ code: Code, _ message: String, server: PGServerMessage? = nil, endpoint: PGEndpoint? = nil) {
        self.code = code
        self.message = message.asSentence
        self.server = server
        self.endpoint = endpoint
    }
}

extension PGError {
    /// Whether the same call may succeed later; see the codes.
    public var isRetryable: Bool {
        switch code {
        case .timedOut, .system, .unsuitableServer: true
        case .connectionFailed: sqlState.map(Self.isTransient) ?? !isAboutCertificate
        case .queryFailed: sqlState.map(Self.isTransient) ?? false
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

extension PGError: CustomStringConvertible {
    /// The message, with the SQLSTATE, the server's hint and the failures before this one if there are any.
    ///
    /// The server's detail, which may quote a row, is in ``server`` alone.
    public var description: String {
        var text = sqlState.map { "\(message) (SQLSTATE \($0))" } ?? message
        if let hint = server?.hint, !hint.isEmpty { text += " Hint: " + hint.asSentence }
        guard !earlierFailures.isEmpty else { return text }
        return text + " Before that: " + earlierFailures.map { "\($0)" }.joined(separator: " ")
    }
}

extension PGError {
    static let closed = PGError(.closed, "The connection is closed. Reset it or open another.")

    static let late = PGError(.timedOut, "The server did not answer in time.")

    static func nul(_ place: String) -> PGError {
        PGError(.invalidStatement, "\(place) contains the character NUL, which PostgreSQL's text cannot hold.")
    }

    static func system(_ call: String, _ number: Int32) -> PGError {
        PGError(.system, "The operating system refused \(call), with error number \(number).")
    }
}

extension String {
    /// The text with a capital at its beginning, if that is an ASCII letter of a word, and a mark at its end.
    var asSentence: String {
        let text = trimmingASCIISpace()
        guard let first = text.utf8.first else { return "" }
        let isKeyword = text.prefix { $0 != " " }.contains("=")
        let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) && !isKeyword
        let capital = isLetter ? text.prefix(1).uppercased() + text.dropFirst() : text
        return [".", "?", "!"].contains { text.hasByteSuffix($0) } ? capital : capital + "."
    }
}
