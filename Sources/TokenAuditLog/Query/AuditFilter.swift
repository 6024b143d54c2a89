public import AuthTokens
public import RDSIAMSystem

/// Which events to show.
///
/// What is `nil` does not matter; what is set must match exactly, texts byte by byte.
///
/// Dates outside of what the log records (``AuditLogConfiguration/now``) count as the nearest it does. A search with a
/// date that is not a number fails.
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
    /// A condition in SQL, with the parameter that stands in it once or several times.
    enum Condition {
        case text(String, String)
        case integer(String, Int64)
    }

    private var texts: [(field: PayloadField, value: String?)] {
        [
            (.fingerprint, fingerprint?.asciiLowercased()), (.user, user), (.host, host), (.id, id),
            (.activity, activity?.rawValue), (.outcome, outcome?.rawValue), (.generator, generator),
            (.credentialSource, credentialSource), (.accessKeyID, accessKeyID), (.profile, profile),
        ]
    }

    /// What each row must be asked for.
    var conditions: [Condition] {
        [
            since.map { .integer("e.time_us >= ?", $0.microseconds) },
            until.map { .integer("e.time_us < ?", $0.microseconds) },
        ].compactMap { $0 } + texts.compactMap { field, value in value.map { .text(field.isEqual, $0) } }
    }

    /// The indexed column that leads to the fewest rows, with its value.
    ///
    /// A server has more rows than a user on it has.
    var lookup: (column: String, value: String)? {
        func indexed(_ text: String) -> String { String(decoding: text.utf8.prefix { $0 != 0 }, as: UTF8.self) }
        if let fingerprint { return ("by_fingerprint", indexed(fingerprint.asciiLowercased())) }
        if let user { return ("by_user", indexed(user)) }
        if let accessKeyID { return ("by_access_key", indexed(accessKeyID)) }
        // The index ignores the case of a host and dots at its end.
        return host.map { host in
            var name = indexed(host)
            while name.utf8.last == UInt8(ascii: ".") { name.removeLast() }
            return ("by_server", name.asciiLowercased())
        }
    }
}

extension AuditFilter {
    /// Returns whether the filters let the same events pass: texts are compared by their bytes.
    public static func == (left: Self, right: Self) -> Bool {
        left.since == right.since && left.until == right.until && left.values == right.values
    }

    /// Hashes all conditions.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(since)
        hasher.combine(until)
        hasher.combine(values)
    }

    private var values: [ByteText?] { texts.map { $0.value.map { ByteText($0) } } }
}
