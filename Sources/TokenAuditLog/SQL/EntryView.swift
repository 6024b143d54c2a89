/// The view `entry`, through which events are searched: one column for each thing that a payload says.
///
/// Each connection makes the view for itself, as a temporary one: the file's own schema may have been changed. It works
/// on logs of every schema version; indexes serve it from version 2 on. What the columns hold:
///
/// - `seq`, `payload`, `leaf_hash`, `chain_hash`: the row as it is stored.
/// - `time_us`, `id`, `activity`, `outcome`, `error_code`, `policy`, `issue_id`, `generator`, `detail` (JSON text).
/// - `credential_source`, `profile`, `access_key_id`, `account`, `role_arn`.
/// - `db_user` (who logs in), `requested_user` (if another was asked for), `database`, `region`.
/// - `host`, `port`: what was dialed. `signing_host`, `signing_port`: the endpoint that the token is valid for, if it
///   is known.
/// - `fingerprint`, `signed_us`, `expires_us`: the token's. `NULL` if there is none, or if it is not known.
/// - `os_user`, `uid`, `pid`, `program`, `machine`: who wrote the event.
///
/// The columns that have an index:
///
/// - `time_us`
/// - `by_user`: `db_user` up to its first NUL.
/// - `by_server`: `host` up to its first NUL, in lowercase, without dots at its end.
/// - `by_signing_server`: the same of `signing_host`, and `NULL` if it is the same server as `by_server`.
/// - `by_fingerprint`: `fingerprint` up to its first NUL.
/// - `by_access_key`: `access_key_id` up to its first NUL.
///
/// An index only leads to rows. A search compares the payload too (``PayloadField``): of a text with a NUL, SQLite
/// before 3.45 has the part before it alone.
///
/// `… WHERE by_user = ? ORDER BY seq DESC LIMIT 50` reads 50 index entries, however many rows there are: an index has
/// the row numbers of equal values in order. `OR` and `IN` sort all that match; ask twice and merge.
enum EntryView {
    /// An index of the table `event`.
    struct Index: Sendable {
        /// The column of the view that it serves.
        let column: String
        let expression: String

        var name: String { "event_\(column)" }
        /// Rows without the value are not in it.
        var condition: String { "\(expression) IS NOT NULL" }
        var statement: String { "CREATE INDEX \(name) ON event (\(expression)) WHERE \(condition)" }
    }

    static let indexes = [
        Index(column: "time_us", expression: value("time_us")),
        Index(column: "by_user", expression: text(value("target.user"))),
        Index(column: "by_server", expression: server("target.host")),
        Index(column: "by_signing_server", expression: signingServer),
        Index(column: "by_fingerprint", expression: text(value("token.sha256"))),
        Index(column: "by_access_key", expression: text(value("credential.access_key_id"))),
    ]

    /// Makes the view.
    static let statement: String = {
        let stored = ["seq", "payload", "leaf_hash", "chain_hash"]
        let shown = shownColumns.map { "\(value($0.value)) AS \($0.key)" }
        let indexed = indexes.map { "\($0.expression) AS \($0.column)" }
        return "CREATE TEMP VIEW entry AS SELECT " + (stored + shown + indexed).joined(separator: ", ")
            + " FROM main.event"
    }()

    private static let shownColumns: KeyValuePairs = [
        "id": "id", "activity": "activity", "outcome": "outcome", "error_code": "error.code", "policy": "policy",
        "issue_id": "issue_id", "generator": "generator.name", "detail": "detail",
        "credential_source": "credential.source", "profile": "credential.profile",
        "access_key_id": "credential.access_key_id", "account": "credential.account",
        "role_arn": "credential.role_arn", "db_user": "target.user", "requested_user": "target.requested_user",
        "database": "target.database", "region": "target.region", "host": "target.host", "port": "target.port",
        "signing_host": "target.signing_host", "signing_port": "target.signing_port", "fingerprint": "token.sha256",
        "signed_us": "token.signed_us", "expires_us": "token.expires_us", "os_user": "actor.user",
        "uid": "actor.uid", "pid": "actor.pid", "program": "actor.program", "machine": "actor.host",
    ]

    /// A payload that is no longer JSON, because it was changed, must not stop a search: hence `json_valid`.
    private static func value(_ path: String) -> String {
        "iif(json_valid(payload), json_extract(payload, '$.\(path)'), NULL)"
    }

    /// What every version of SQLite has of a text.
    private static func text(_ value: String) -> String {
        "substr(\(value), 1, instr(\(value) || char(0), char(0)) - 1)"
    }

    private static func server(_ path: String) -> String { "lower(rtrim(\(text(value(path))), '.'))" }

    private static let signingServer = "nullif(\(server("target.signing_host")), \(server("target.host")))"
}

extension Connection {
    /// Makes the view `entry` on this connection.
    func addEntryView() throws {
        try execute("PRAGMA temp_store = MEMORY")
        try execute(EntryView.statement)
    }
}
