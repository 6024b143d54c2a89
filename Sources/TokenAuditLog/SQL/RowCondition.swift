/// A condition on a row in SQL, with what stands for its question marks.
struct RowCondition {
    enum Value {
        case text(String)
        case integer(Int64)
    }

    let sql: String
    let values: [Value]

    init(_ sql: String, _ values: [Value] = []) {
        self.sql = sql
        self.values = values
    }

    init(_ sql: String, _ number: Int64) { self.init(sql, [.integer(number)]) }

    /// Is true if one of several is.
    init(anyOf conditions: [RowCondition]) {
        self.init(
            "(" + conditions.map { "coalesce(\($0.sql), 0)" }.joined(separator: " OR ") + ")",
            conditions.flatMap(\.values)
        )
    }
}

/// A text of the payload that searches ask for, with the column of the view ``EntryView`` that shows it.
struct PayloadField {
    let column: String
    /// Where it is in the payload, as SQLite's JSON functions write it.
    let path: String

    static let fingerprint = PayloadField(column: "fingerprint", path: "$.token.sha256")
    static let user = PayloadField(column: "db_user", path: "$.target.user")
    static let requestedUser = PayloadField(column: "requested_user", path: "$.target.requested_user")
    static let host = PayloadField(column: "host", path: "$.target.host")
    static let signingHost = PayloadField(column: "signing_host", path: "$.target.signing_host")
    static let database = PayloadField(column: "database", path: "$.target.database")
    static let region = PayloadField(column: "region", path: "$.target.region")
    static let id = PayloadField(column: "id", path: "$.id")
    static let issueID = PayloadField(column: "issue_id", path: "$.issue_id")
    static let activity = PayloadField(column: "activity", path: "$.activity")
    static let outcome = PayloadField(column: "outcome", path: "$.outcome")
    static let generator = PayloadField(column: "generator", path: "$.generator.name")
    static let credentialSource = PayloadField(column: "credential_source", path: "$.credential.source")
    static let accessKeyID = PayloadField(column: "access_key_id", path: "$.credential.access_key_id")
    static let profile = PayloadField(column: "profile", path: "$.credential.profile")
    static let roleARN = PayloadField(column: "role_arn", path: "$.credential.role_arn")
    static let accountID = PayloadField(column: "account", path: "$.credential.account")
    static let osUser = PayloadField(column: "os_user", path: "$.actor.user")
    static let program = PayloadField(column: "program", path: "$.actor.program")

    // The columns are made with json_extract(), which ends a text at its first NUL in SQLite before 3.45. For payloads
    // with a NUL anywhere, the JSON text of the value counts, which has all of it.

    private static let hasNUL = #"(instr(e.payload, '\u0000') AND json_valid(e.payload))"#

    /// The rows that have exactly this text.
    func isEqual(to value: String) -> RowCondition {
        RowCondition(
            "iif(\(Self.hasNUL), e.payload -> '\(path)' = json_quote(?), e.\(column) = ?)",
            [.text(value), .text(value)]
        )
    }

    /// The rows that name this server, as ``ServerName`` compares names.
    func isServer(_ name: String) -> RowCondition {
        let name = ServerName.comparable(name)
        // The JSON text ends with a quotation mark.
        let whole = "rtrim(rtrim(lower(e.payload -> '\(path)'), '\"'), '.') = rtrim(lower(json_quote(?)), '\"')"
        return RowCondition(
            "iif(\(Self.hasNUL), \(whole), lower(rtrim(e.\(column), '.')) = ?)",
            [.text(name), .text(name)]
        )
    }
}

/// The name of a server in the form in which names are compared, and indexed: in lowercase, without dots at the end.
enum ServerName {
    static func comparable(_ host: String) -> String {
        let name = host.asciiLowercased().utf8
        let end = name.lastIndex { $0 != UInt8(ascii: ".") }.map { name.index(after: $0) } ?? name.startIndex
        return String(decoding: name[..<end], as: UTF8.self)
    }
}
