public import RDSIAMSystem

/// Learns of everything an issuer does: for logs, metrics and traces.
///
/// It is called before the caller gets its token and returns at once. It cannot refuse anything; that is what
/// ``TokenAuditRecorder`` is for.
public protocol TokenObserver: Sendable {
    /// Takes note of one thing that happened.
    func observe(_ observation: TokenObservation)
}

/// One thing that an issuer did.
///
/// Nothing in it is secret.
public struct TokenObservation: Sendable {
    /// What an issuer did, open for more later.
    public struct Kind: Sendable, Hashable, CustomStringConvertible {
        /// The kind's name, as it stands in logs and metrics.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// A token was made for a caller that waits for it.
        public static let issued = Self("issued")
        /// A cached token was returned.
        public static let reused = Self("reused")
        /// No token was made.
        public static let refused = Self("refused")
        /// A token was made ahead of its predecessor's expiry.
        public static let refreshed = Self("refreshed")
        /// A token was thrown away because a server had refused it.
        public static let invalidated = Self("invalidated")
        /// A server let a token in.
        public static let accepted = Self("accepted")
        /// A server refused a token; the error code says how.
        public static let rejected = Self("rejected")
        /// A login failed and no server judged the token; the error code says why.
        public static let unjudged = Self("unjudged")
    }

    /// What happened.
    public let kind: Kind
    /// The name the generator is registered under.
    public let generator: String
    /// What was asked for.
    public let request: AuthTokenRequest
    /// The public side of the token, if there is one.
    public let token: TokenEvent.TokenFacts?
    /// Whose credentials made it, if that is known.
    public let credential: CredentialIdentity?
    /// The AWS region, if that applies.
    public let region: String?
    /// The kind of failure, if no token was made or a login failed.
    public let errorCode: String?
    /// When it happened.
    public let time: Date
    /// How long it took the generator and the audit log; zero if neither was asked.
    public let duration: Duration

    init(
        _ kind: Kind,
        _ key: TokenKey,
        token: AuthToken? = nil,
        errorCode: String? = nil,
        time: Date,
        duration: Duration = .zero
    ) {
        self.kind = kind
        generator = key.generator
        request = key.request
        self.token = token.map(TokenEvent.TokenFacts.init)
        credential = token?.credential
        region = token?.region
        self.errorCode = errorCode
        self.time = time
        self.duration = duration
    }
}
