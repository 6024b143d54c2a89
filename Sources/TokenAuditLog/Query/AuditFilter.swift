public import AuthTokens

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// Which events to show.
///
/// What is nil does not matter; what is set must match exactly.
public struct AuditFilter: Sendable, Hashable {
    /// From this moment on.
    public var since: Date?
    /// Before this moment.
    public var until: Date?
    /// The database user.
    public var user: String?
    /// The server's name.
    public var host: String?
    /// The SHA-256 of the token's text in hexadecimal.
    public var fingerprint: String?
    /// The event's own name.
    public var id: String?
    /// What happened.
    public var activity: TokenEvent.Activity?
    /// How it ended.
    public var outcome: AuditRecord.Outcome?
    /// The generator's name.
    public var generator: String?
    /// The kind of source the credentials came from.
    public var credentialSource: String?
    /// The AWS access key ID.
    public var accessKeyID: String?
    /// The shared-configuration profile.
    public var profile: String?

    /// Creates a filter that all events pass.
    public init() {}
}

extension AuditFilter {
    /// A condition in SQL, with its parameter.
    enum Condition {
        case text(String, String)
        case integer(String, Int64)
    }

    /// What each row must be asked for.
    var conditions: [Condition] {
        [
            since.map { .integer("e.time_us >= ?", $0.microseconds) },
            until.map { .integer("e.time_us < ?", $0.microseconds) },
            fingerprint.map { .text("e.fingerprint = ?", $0.lowercased()) },
            user.map { .text("e.db_user = ?", $0) },
            host.map { .text("e.host = ?", $0) },
            id.map { .text("e.id = ?", $0) },
            activity.map { .text("e.activity = ?", $0.rawValue) },
            outcome.map { .text("e.outcome = ?", $0.rawValue) },
            generator.map { .text("e.generator = ?", $0) },
            credentialSource.map { .text("e.credential_source = ?", $0) },
            accessKeyID.map { .text("e.access_key_id = ?", $0) },
            profile.map { .text("e.profile = ?", $0) },
        ].compactMap { $0 }
    }

    /// What a segment must have, for a row in it to match.
    var segmentConditions: [Condition] {
        [
            since.map { .integer("s.last_us >= ?", $0.microseconds) },
            until.map { .integer("s.first_us < ?", $0.microseconds) },
        ].compactMap { $0 }
    }

    /// What rows are looked up by: what the fewest have.
    ///
    /// A server has more rows than a user on it has.
    var lookup: (field: LookupField, value: String)? {
        fingerprint.map { (.fingerprint, $0.lowercased()) } ?? user.map { (.user, $0) } ?? host.map { (.host, $0) }
    }
}
