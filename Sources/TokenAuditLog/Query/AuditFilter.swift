public import AuthTokens
public import RDSIAMSystem

/// Which events to show.
///
/// What is `nil` does not matter; what is set must match exactly, texts byte by byte. Server names alone are compared
/// as DNS compares them: without regard to the case of ASCII letters and to dots at the end.
///
/// Dates outside of what the log records (``AuditLogConfiguration/now``) count as the nearest it does. A search with a
/// date that is not a number fails.
public struct AuditFilter: Sendable {
    /// From this moment on.
    public var since: Date?
    /// Before this moment.
    public var until: Date?
    /// Tokens that a server would have accepted at some moment of this range.
    ///
    /// These are the events that issued them, whenever that was: a token issued at 23:55 is valid on the next day too.
    /// A token without a known end counts as valid from its issue on.
    public var valid: ClosedRange<Date>?
    /// Rows after this one.
    package var after: Int64?
    /// The database user who logs in.
    public var user: String?
    /// The database user who was asked for, if another one logs in.
    package var requestedUser: String?
    /// The server's name: of the endpoint that was dialed, or of the endpoint that the token is good for.
    public var host: String?
    /// The database.
    public var database: String?
    /// The AWS region.
    package var region: String?
    /// The SHA-256 of the token's text in hexadecimal.
    public var fingerprint: String?
    /// The event's own name, or the name of the event that issued the token.
    package var id: String?
    /// What happened.
    public var activity: TokenEvent.Activity?
    /// How it ended.
    public var outcome: AuditRecord.Outcome?
    /// The generator's name.
    public var generator: String?
    /// The kind of source the credentials came from.
    package var credentialSource: String?
    /// The AWS access key ID.
    public var accessKeyID: String?
    /// The shared-configuration profile.
    package var profile: String?
    /// The ARN of the role whose credentials signed.
    public var roleARN: String?
    /// The AWS account.
    package var accountID: String?
    /// The operating system user whose process it was.
    package var osUser: String?
    /// The program's file name.
    package var program: String?
    /// Whether to leave out what the log says about itself, but for gaps: a gap is about tokens.
    package var hidesOwnEvents = false

    /// Creates a filter that all events pass.
    public init() {}

    /// All dates that are set.
    var dates: [Date] { [since, until, valid?.lowerBound, valid?.upperBound].compactMap { $0 } }
}

extension AuditFilter: Hashable {
    private var texts: [String?] {
        [
            user, requestedUser, host, database, region, fingerprint, id, activity?.rawValue, outcome?.rawValue,
            generator,
            credentialSource, accessKeyID, profile, roleARN, accountID, osUser, program,
        ]
    }

    private var keys: [ByteText?] { texts.map { $0.map { ByteText($0) } } }

    /// Returns whether the filters let the same events pass: texts are compared by their bytes.
    public static func == (left: Self, right: Self) -> Bool {
        left.since == right.since && left.until == right.until && left.valid == right.valid
            && left.after == right.after && left.hidesOwnEvents == right.hidesOwnEvents && left.keys == right.keys
    }

    /// Hashes all conditions.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(dates)
        hasher.combine(after)
        hasher.combine(keys)
    }
}
