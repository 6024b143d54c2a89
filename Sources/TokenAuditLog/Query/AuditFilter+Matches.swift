import AuthTokens
import RDSIAMSystem

extension AuditFilter {
    /// Whether an event passes, for events that come from elsewhere than a log's file.
    ///
    /// Of a row that cannot be read, only its number can be asked for.
    package func matches(_ entry: AuditEntry) -> Bool {
        if let after, entry.sequence <= after { return false }
        guard let record = entry.record else { return passesWithoutRecord }
        return matchesPeriod(record) && matchesTexts(record) && matchesServer(record) && matchesID(record)
            && !(hidesOwnEvents && record.activity.rawValue.hasBytePrefix("audit.") && record.activity != .gap)
    }

    private var passesWithoutRecord: Bool {
        var rest = AuditFilter()
        (rest.after, rest.hidesOwnEvents) = (after, hidesOwnEvents)
        return self == rest
    }

    private func matchesPeriod(_ record: AuditRecord) -> Bool {
        let time = record.time.microseconds
        if let since, time < since.microseconds { return false }
        if let until, time >= until.microseconds { return false }
        guard let valid else { return true }
        guard [.issue, .reuse].contains(record.activity) else { return false }
        let begin = record.token?.signedAt.microseconds ?? time
        let end = record.token?.expiresAt?.microseconds ?? .max
        return begin <= valid.upperBound.microseconds && end > valid.lowerBound.microseconds
    }

    private struct Field {
        let wanted: String?
        let found: String?

        init(_ wanted: String?, _ found: String?) { (self.wanted, self.found) = (wanted, found) }

        var matches: Bool {
            guard let wanted else { return true }
            return found?.isBytewiseEqual(to: wanted) ?? false
        }
    }

    private func matchesTexts(_ record: AuditRecord) -> Bool {
        let (target, credential) = (record.target, record.credential)
        let fields = [
            Field(fingerprint?.asciiLowercased(), record.token?.fingerprint), Field(user, target?.user),
            Field(requestedUser, target?.requestedUser), Field(database, target?.database),
            Field(region, target?.region), Field(activity?.rawValue, record.activity.rawValue),
            Field(outcome?.rawValue, record.outcome.rawValue), Field(generator, record.generator),
            Field(credentialSource, credential?.source), Field(accessKeyID, credential?.accessKeyID),
            Field(profile, credential?.profile), Field(roleARN, credential?.roleARN),
            Field(accountID, credential?.accountID), Field(osUser, record.actor.user),
            Field(program, record.actor.program),
        ]
        return fields.allSatisfy(\.matches)
    }

    private func matchesServer(_ record: AuditRecord) -> Bool {
        guard let host else { return true }
        let wanted = ServerName.comparable(host)
        return [record.target?.host, record.target?.signingHost].contains { name in
            name.map { ServerName.comparable($0).isBytewiseEqual(to: wanted) } ?? false
        }
    }

    private func matchesID(_ record: AuditRecord) -> Bool {
        guard let id else { return true }
        return record.id.isBytewiseEqual(to: id) || record.issueID?.isBytewiseEqual(to: id) == true
    }
}
