public import AuthTokens
public import RDSIAMSystem

/// One event as the log keeps it: what the payload says, field by field.
public struct AuditRecord: Sendable, Hashable {
    /// How an activity ended: `success`, `failure` or `unknown`.
    public struct Outcome: RawRepresentable, Sendable, Hashable {
        /// The outcome's name in the log.
        public let rawValue: String

        /// Creates an outcome of that name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// It was done.
        public static let success = Outcome(rawValue: "success")
        /// It was refused.
        public static let failure = Outcome(rawValue: "failure")
        /// It is not known.
        public static let unknown = Outcome(rawValue: "unknown")
    }

    /// The server, the user and the database a token is for.
    public struct Target: Sendable, Hashable {
        /// The name of the server that was dialed.
        public var host: String
        /// The TCP port that was dialed.
        public var port: Int64
        /// The database user who logs in.
        public var user: String
        /// The database, if it is known.
        public var database: String?
        /// The AWS region, if that applies.
        public var region: String?
        /// The host that the token is valid for, in ASCII lowercase and without a final dot, if it is known.
        ///
        /// It differs from ``host`` if the token was made for another server than the one that was dialed.
        public var signingHost: String?
        /// The port that the token is valid for, if it is known.
        public var signingPort: Int64?
        /// The database user who was asked for, if the provider chose another one.
        package var requestedUser: String?
    }

    /// The event's own name, a UUID of version 7.
    public var id: String
    /// When it happened, to the microsecond.
    public var time: Date
    /// What happened.
    public var activity: TokenEvent.Activity
    /// How it ended.
    public var outcome: Outcome
    /// The kind of failure, if it failed.
    public var errorCode: String?
    /// Whether the token waited for the record; `nil` for what the log does by itself.
    package var isRequired: Bool?
    /// Who did it.
    public var actor: AuditActor
    /// The name the generator is registered under; `nil` for what the log does by itself.
    public var generator: String?
    /// Whose credentials were used, if that is known.
    public var credential: CredentialIdentity?
    /// What the token is for; `nil` for what the log does by itself.
    public var target: Target?
    /// The token, if there is one.
    public var token: TokenEvent.TokenFacts?
    /// The ``id`` of the event that issued the token, if this one is about what became of it.
    public var issueID: String?
    /// How often it happened, as `count`, if that is counted; of the log's own events, what the log says about itself:
    /// sequence numbers, hashes, counts and reasons.
    public var detail: [String: String] = [:]
}

extension TokenEvent.Activity {
    /// A process has opened the log for writing.
    package static let open = TokenEvent.Activity(rawValue: "audit.open")
    /// The log states its head, to be compared with later.
    package static let checkpoint = TokenEvent.Activity(rawValue: "audit.checkpoint")
    /// Old rows were deleted on purpose.
    package static let prune = TokenEvent.Activity(rawValue: "audit.prune")
    /// The disk was so full that the room held back for this was needed.
    package static let reserveSpent = TokenEvent.Activity(rawValue: "audit.reserve")
    /// Events could not be recorded.
    package static let gap = TokenEvent.Activity(rawValue: "audit.gap")
    /// What a verification has found is acknowledged, and the log goes on.
    package static let reanchor = TokenEvent.Activity(rawValue: "audit.reanchor")
}

extension AuditRecord {
    private var texts: [ByteText?] {
        [id, activity.rawValue, outcome.rawValue, errorCode, generator, issueID].map { $0.map { ByteText($0) } }
    }

    private var details: [ByteText: ByteText] {
        Dictionary(uniqueKeysWithValues: detail.map { (ByteText($0.key), ByteText($0.value)) })
    }

    /// Returns whether all fields are equal, texts by their bytes.
    public static func == (left: Self, right: Self) -> Bool {
        left.texts == right.texts && left.time == right.time && left.isRequired == right.isRequired
            && left.actor == right.actor && left.credential == right.credential && left.target == right.target
            && left.token == right.token && left.details == right.details
    }

    /// Hashes what names the record.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(texts)
        hasher.combine(time)
    }
}

extension AuditRecord.Target {
    private var texts: [ByteText?] {
        [host, user, database, region, signingHost, requestedUser].map { $0.map { ByteText($0) } }
    }

    /// Returns whether the ports are equal and the texts consist of the same bytes, as servers and PostgreSQL compare
    /// names.
    public static func == (left: Self, right: Self) -> Bool {
        left.port == right.port && left.signingPort == right.signingPort && left.texts == right.texts
    }

    /// Hashes the port and the texts' bytes.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(port)
        hasher.combine(texts)
    }
}

extension AuditRecord {
    init(_ event: TokenEvent, by actor: AuditActor) {
        self.id = event.id
        self.time = event.time
        self.activity = event.activity
        self.outcome = event.outcome
        self.errorCode = event.errorCode
        self.isRequired = event.isRequired
        self.actor = event.actor.map { AuditActor($0, on: actor.host) } ?? actor
        self.generator = event.generator
        self.credential = event.credential
        self.target = Target(
            host: event.host,
            port: Int64(event.port),
            user: event.user,
            database: event.database,
            region: event.region,
            signingHost: event.signingHost,
            signingPort: event.signingPort.map { Int64($0) },
            requestedUser: event.requestedUser.isBytewiseEqual(to: event.user) ? nil : event.requestedUser
        )
        self.token = event.token
        self.issueID = event.issueID
        if let count = event.count { detail["count"] = String(count) }
    }

    /// An event of the log's own.
    init(_ activity: TokenEvent.Activity, at time: Date, by actor: AuditActor, detail: [String: String]) {
        self.id = EventID.make(at: time)
        self.time = time
        self.activity = activity
        self.outcome = .success
        self.actor = actor
        self.detail = detail
    }
}

extension TokenEvent {
    fileprivate var outcome: AuditRecord.Outcome {
        switch activity {
        case .refuse, .connectionRefused, .connectionFailed: .failure
        default: errorCode == nil ? .success : .failure
        }
    }
}
