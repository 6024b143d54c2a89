import RDSIAMBasics
public import RDSIAMSystem

/// One thing that happened to a token, as it goes into the audit log.
///
/// Nothing in it is secret.
public struct TokenEvent: Sendable, Hashable {
    /// What happened.
    public struct Activity: Sendable, Hashable, RawRepresentable {
        /// The activity's name in the log.
        public let rawValue: String

        /// Creates an activity of that name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// A token was made and is about to be returned.
        public static let issue = Activity(rawValue: "token.issue")
        /// No token was made.
        public static let refuse = Activity(rawValue: "token.refuse")
        /// A cached token is about to be returned.
        public static let reuse = Activity(rawValue: "token.reuse")
        /// A server let the token in.
        public static let connectionAccepted = Activity(rawValue: "connection.accept")
        /// A server refused the token.
        public static let connectionRefused = Activity(rawValue: "connection.refuse")
        /// A client asked a server to cancel a query.
        public static let cancelRequested = Activity(rawValue: "connection.cancel")
        /// Logins failed and no token was judged: the server could not be reached, or did not ask for a password.
        ///
        /// A login that was canceled once its token had been sent counts as one. It is recorded at most once for each
        /// server and minute; ``TokenEvent/count`` says how many there were.
        public static let connectionFailed = Activity(rawValue: "connection.fail")

        /// Returns whether both have the same name, byte by byte.
        public static func == (left: Self, right: Self) -> Bool { left.rawValue.isBytewiseEqual(to: right.rawValue) }

        /// Hashes the name.
        public func hash(into hasher: inout Hasher) { hasher.combine(ByteText(rawValue)) }
    }

    /// The public side of a token: what names it and how long it lives.
    public struct TokenFacts: Sendable, Hashable {
        /// The SHA-256 of the token's text in lowercase hexadecimal, or `nil` if the text is no signed token.
        public var fingerprint: String?
        /// When it was made.
        public var signedAt: Date
        /// When a server stops accepting it, or `nil` if that is not known.
        public var expiresAt: Date?

        /// Creates the facts of a token.
        ///
        /// - Parameters:
        ///   - fingerprint: The SHA-256 of the token's text in lowercase hexadecimal, or `nil` if it is no signed
        ///     token.
        ///   - signedAt: When it was made.
        ///   - expiresAt: When a server stops accepting it, or `nil` if that is not known.
        public init(fingerprint: String?, signedAt: Date, expiresAt: Date?) {
            self.fingerprint = fingerprint
            self.signedAt = signedAt
            self.expiresAt = expiresAt
        }

        init(_ token: AuthToken) {
            self.init(fingerprint: token.fingerprint, signedAt: token.signedAt, expiresAt: token.expiresAt)
        }
    }

    /// A process on this machine that a token is made or used for, if it is not the one that records the event.
    ///
    /// A program that logs in for others sets ``current`` around what it does for one of them:
    ///
    /// ```swift
    /// try await TokenEvent.LocalProcess.$current.withValue(client) {
    ///     try await issuer.token(from: name, for: request)
    /// }
    /// ```
    public struct LocalProcess: Sendable, Hashable {
        /// The operating system user's name.
        public var user: String
        /// The operating system user's number.
        public var userID: Int64
        /// The process's number.
        public var processID: Int64
        /// The program's file name, without its directory.
        public var program: String

        /// Describes a process.
        ///
        /// - Parameters:
        ///   - user: The operating system user's name.
        ///   - userID: The operating system user's number.
        ///   - processID: The process's number.
        ///   - program: The program's file name, without its directory.
        package init(user: String, userID: Int64, processID: Int64, program: String) {
            self.user = user
            self.userID = userID
            self.processID = processID
            self.program = program
        }

        /// The process for which the current task works, or `nil` if it is the one that the task runs in.
        @TaskLocal public static var current: LocalProcess?

        /// Returns whether the numbers are equal and the texts consist of the same bytes.
        public static func == (left: Self, right: Self) -> Bool {
            left.userID == right.userID && left.processID == right.processID
                && left.user.isBytewiseEqual(to: right.user) && left.program.isBytewiseEqual(to: right.program)
        }

        /// Hashes the numbers.
        public func hash(into hasher: inout Hasher) {
            hasher.combine(userID)
            hasher.combine(processID)
        }
    }

    /// The event's own name: a UUID of version 7 (RFC 9562), so that names sort by time.
    public var id: String
    /// When it happened.
    public var time: Date
    /// What happened.
    public var activity: Activity
    /// The kind of failure, or `nil` if the activity succeeded.
    public var errorCode: String?
    /// The name the generator is registered under.
    public var generator: String
    /// Whose credentials were used, if that is known.
    public var credential: CredentialIdentity?
    /// The server's name.
    public var host: String
    /// The server's TCP port.
    public var port: Int
    /// The database user who logs in: the one asked for, or one that the provider chose.
    public var user: String
    /// The database user who was asked for.
    public var requestedUser: String
    /// The database, if it is known.
    public var database: String?
    /// The AWS region, if that applies.
    public var region: String?
    /// The host that the token is valid for, if its generator knows it.
    public var signingHost: String?
    /// The port that the token is valid for, if its generator knows it.
    public var signingPort: Int?
    /// The token, if there is one.
    public var token: TokenFacts?
    /// The ``id`` of the event that issued the token, if this one is about what became of it.
    public var issueID: String?
    /// How many times it has happened since the last such event about the server, or `nil` if each is recorded.
    public var count: Int?
    /// Whether the token waits for this record; ``AuditPolicy`` says so.
    public var isRequired = false
    /// The process that it was done for: ``LocalProcess/current`` when the event was made, or `nil` for the one that
    /// records it.
    public var actor: LocalProcess?

    /// Creates an event about a request.
    ///
    /// - Parameters:
    ///   - activity: What happened.
    ///   - request: What was asked for.
    ///   - generator: The name the generator is registered under.
    ///   - token: The token, if there is one.
    ///   - errorCode: The kind of failure, if it failed.
    ///   - issueID: The event that issued the token, if this one is about what became of it.
    ///   - time: When it happened.
    public init(
        _ activity: Activity,
        of request: AuthTokenRequest,
        generator: String,
        token: AuthToken? = nil,
        errorCode: String? = nil,
        issueID: String? = nil,
        time: Date
    ) {
        self.id = EventID.make(at: time)
        self.time = time
        self.activity = activity
        self.errorCode = errorCode
        self.generator = generator
        self.credential = token?.credential
        self.host = request.host
        self.port = request.port
        self.user = token?.user ?? request.user
        self.requestedUser = request.user
        self.database = request.database
        self.region = token?.region
        self.signingHost = token?.signingHost
        self.signingPort = token?.signingPort
        self.token = token.map(TokenFacts.init)
        self.issueID = issueID
        self.actor = .current
    }
}

extension TokenEvent {
    /// Returns whether both say the same, with texts compared byte by byte.
    public static func == (left: Self, right: Self) -> Bool {
        left.texts == right.texts && left.activity == right.activity && left.time == right.time
            && left.port == right.port && left.signingPort == right.signingPort && left.credential == right.credential
            && left.token == right.token && left.count == right.count && left.isRequired == right.isRequired
            && left.actor == right.actor
    }

    /// Hashes the name.
    public func hash(into hasher: inout Hasher) { hasher.combine(ByteText(id)) }

    private var texts: [ByteText?] {
        [id, errorCode, generator, host, user, requestedUser, database, region, signingHost, issueID].map { text in
            text.map { ByteText($0) }
        }
    }
}

/// Names for events: UUIDs of version 7 (RFC 9562 §5.7), 48 bits of milliseconds and 74 random bits.
package enum EventID {
    package static func make(at time: Date) -> String {
        // Clamped to the 48 bits there are; what is not a number counts as 1970.
        let milliseconds = time.timeIntervalSince1970 * 1000
        let stamp = milliseconds > 0 ? UInt64(min(milliseconds, 281_474_976_710_655)) : 0
        let high = stamp << 16 | 0x7000 | UInt64.random(in: 0...0x0FFF)
        let low = 0x8000_0000_0000_0000 | UInt64.random(in: 0...0x3FFF_FFFF_FFFF_FFFF)
        let digits = Hexadecimal.encode(high) + Hexadecimal.encode(low)
        var (text, rest) = ("", digits[...])
        for length in [8, 4, 4, 4] {
            text += rest.prefix(length) + "-"
            rest = rest.dropFirst(length)
        }
        return text + rest
    }
}
