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

    /// What an index answers.
    var indexed: [Condition] {
        let fingerprint = fingerprint?.lowercased()
        // A plus sign keeps SQLite from using a condition for its search. A server has more rows than a user on it has;
        // and a known fingerprint would be put into `substr`, which then is no longer what is indexed.
        let host = user == nil ? "host = ?" : "+host = ?"
        return [
            since.map { .integer("time_us >= ?", $0.microseconds) },
            until.map { .integer("time_us < ?", $0.microseconds) },
            user.map { .text("db_user = ?", $0) },
            self.host.map { .text(host, $0) },
            fingerprint.map {
                .text("substr(fingerprint, 1, 16) = ? AND fingerprint IS NOT NULL", String($0.prefix(16)))
            },
            fingerprint.map { .text("+fingerprint = ?", $0) },
        ].compactMap { $0 }
    }

    /// What each row must be asked for.
    var unindexed: [Condition] {
        [
            id.map { .text("id = ?", $0) },
            activity.map { .text("activity = ?", $0.rawValue) },
            outcome.map { .text("outcome = ?", $0.rawValue) },
            generator.map { .text("generator = ?", $0) },
            credentialSource.map { .text("credential_source = ?", $0) },
            accessKeyID.map { .text("access_key_id = ?", $0) },
            profile.map { .text("profile = ?", $0) },
        ].compactMap { $0 }
    }
}
