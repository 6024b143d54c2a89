/// A text of the payload that searches ask for, with the generated column that holds it.
struct PayloadField {
    let column: String
    /// Where it is in the payload, as SQLite's JSON functions write it.
    let path: String

    static let fingerprint = PayloadField(column: "fingerprint", path: "$.token.sha256")
    static let user = PayloadField(column: "db_user", path: "$.target.user")
    static let host = PayloadField(column: "host", path: "$.target.host")
    static let id = PayloadField(column: "id", path: "$.id")
    static let activity = PayloadField(column: "activity", path: "$.activity")
    static let outcome = PayloadField(column: "outcome", path: "$.outcome")
    static let generator = PayloadField(column: "generator", path: "$.generator.name")
    static let credentialSource = PayloadField(column: "credential_source", path: "$.credential.source")
    static let accessKeyID = PayloadField(column: "access_key_id", path: "$.credential.access_key_id")
    static let profile = PayloadField(column: "profile", path: "$.credential.profile")

    // The columns are made with json_extract(), which ends a text at its first NUL in SQLite before 3.45. For payloads
    // with a NUL anywhere, the JSON text of the value counts, which has all of it.

    private static let hasNUL = #"(instr(e.payload, '\u0000') AND json_valid(e.payload))"#

    /// SQL that is true if the row `e` has the text given as the parameter, which stands in it twice.
    var isEqual: String { "iif(\(Self.hasNUL), e.payload -> '\(path)' = json_quote(?), e.\(column) = ?)" }

    /// SQL for the text of the row `e` as JSON if the column may lack the end of it, else NULL.
    var wholeText: String { "iif(\(Self.hasNUL), e.payload -> '\(path)', NULL)" }
}
