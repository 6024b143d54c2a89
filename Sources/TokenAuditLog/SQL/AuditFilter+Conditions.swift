import AuthTokens
import RDSIAMSystem

extension AuditFilter {
    /// What a row `e` of the view ``EntryView`` must be asked for.
    var conditions: [RowCondition] {
        period + validity + fields.compactMap { field, value in value.map { field.isEqual(to: $0) } } + alternatives
            + own
    }

    private var fields: [(field: PayloadField, value: String?)] {
        [
            (.fingerprint, fingerprint?.asciiLowercased()), (.user, user), (.requestedUser, requestedUser),
            (.database, database), (.region, region), (.activity, activity?.rawValue), (.outcome, outcome?.rawValue),
            (.generator, generator), (.credentialSource, credentialSource), (.accessKeyID, accessKeyID),
            (.profile, profile), (.roleARN, roleARN), (.accountID, accountID), (.osUser, osUser), (.program, program),
        ]
    }

    /// Conditions that either of two fields may fulfill.
    private var alternatives: [RowCondition] {
        [
            host.map { [PayloadField.host.isServer($0), PayloadField.signingHost.isServer($0)] },
            id.map { [PayloadField.id.isEqual(to: $0), PayloadField.issueID.isEqual(to: $0)] },
        ].compactMap { $0 }.map(RowCondition.init(anyOf:))
    }

    /// When the event happened.
    var period: [RowCondition] {
        [
            since.map { RowCondition("e.time_us >= ?", $0.microseconds) },
            until.map { RowCondition("e.time_us < ?", $0.microseconds) },
        ].compactMap { $0 }
    }

    /// When a server would have accepted the token.
    private var validity: [RowCondition] {
        guard let valid else { return [] }
        let sql = """
            (e.activity IN ('token.issue', 'token.reuse') AND coalesce(e.signed_us, e.time_us) <= ? \
            AND coalesce(e.expires_us > ?, 1))
            """
        return [RowCondition(sql, [.integer(valid.upperBound.microseconds), .integer(valid.lowerBound.microseconds)])]
    }

    private var own: [RowCondition] {
        hidesOwnEvents ? [RowCondition("coalesce(e.activity NOT GLOB 'audit.*' OR e.activity = 'audit.gap', 1)")] : []
    }

    /// The conditions on indexed columns that lead to the fewest rows, or none if all rows must be read.
    ///
    /// Each row that matches fulfills exactly one of them. A server has more rows than a user on it has.
    var lookups: [RowCondition] {
        // What SQLite has of a text with a NUL.
        func indexed(_ text: String) -> [RowCondition.Value] {
            [.text(String(decoding: text.utf8.prefix { $0 != 0 }, as: UTF8.self))]
        }
        if let fingerprint { return [RowCondition("e.by_fingerprint = ?", indexed(fingerprint.asciiLowercased()))] }
        if let user { return [RowCondition("e.by_user = ?", indexed(user))] }
        if let accessKeyID { return [RowCondition("e.by_access_key = ?", indexed(accessKeyID))] }
        guard let host else { return [] }
        return ["e.by_server = ?", "e.by_signing_server = ?"].map {
            RowCondition($0, indexed(ServerName.comparable(host)))
        }
    }
}
