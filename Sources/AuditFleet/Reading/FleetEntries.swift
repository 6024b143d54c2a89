import AuthTokens
import LibpqClient
import RDSIAMHashing
import RDSIAMSystem
public import TokenAuditLog

/// A row of a log, and the host that it came from.
public struct FleetEntry: Sendable, Hashable {
    /// The host's name.
    public let host: String
    /// The log's name.
    public let logID: String
    /// The row.
    public let entry: AuditEntry
    /// Where it is in the fleet's order: its time there in microseconds, and its chain.
    let place: Int64
    let chainID: Int32

    static let columns = """
        c.host, c.log_id, e.seq, e.chain_hash, e.payload, e.raw, (extract(epoch FROM e.time) * 1000000)::bigint, e.chain_id
        """

    /// Reads ``columns``.
    init(_ row: PGRow) throws {
        (host, logID) = (try row.decode(at: 0), try row.decode(at: 1))
        let payload = try row.decodeIfPresent(String.self, at: 4)
        let raw = try row.decodeIfPresent(Data.self, at: 5).map(Array.init)
        let bytes = payload.map { Array($0.utf8) } ?? raw ?? []
        entry = AuditEntry(
            sequence: try row.decode(at: 2),
            payload: payload ?? String(decoding: bytes, as: UTF8.self),
            leafHash: try SHA256Digest.hash([0] + bytes).bytes,
            chainHash: Array(try row.decode(Data.self, at: 3))
        )
        (place, chainID) = (try row.decode(at: 6), try row.decode(at: 7))
    }

    /// Returns whether they are the same row of the same log.
    public static func == (left: Self, right: Self) -> Bool {
        left.host.isBytewiseEqual(to: right.host) && left.logID.isBytewiseEqual(to: right.logID)
            && left.entry == right.entry
    }

    /// Hashes the row.
    public func hash(into hasher: inout Hasher) { hasher.combine(entry) }
}

extension Fleet {
    /// The entries that match, newest first by their own times.
    ///
    /// - Parameters:
    ///   - filter: Which entries. `AuditFilter.after` counts in each log.
    ///   - host: Of this host alone; `nil` for all.
    ///   - limit: How many at most.
    /// - Throws: ``FleetError``: `notInstalled`, `notPermitted`; `PGError`.
    public func entries(
        matching filter: AuditFilter = AuditFilter(),
        host: String? = nil,
        limit: Int
    ) async throws -> [FleetEntry] {
        try await explaining(.reader) {
            var search = EntrySearch(connection: connection, filter: filter, host: host, limit: limit)
            return try await search.run()
        }
    }
}

/// A search through the fleet's rows, from the newest back.
///
/// Rows have no index by time, which would cost as much as all else. A search by user follows the index of users; any
/// other looks at ever longer periods, each of which the partitions and their block ranges lead to.
private struct EntrySearch {
    let connection: PGConnection
    let filter: AuditFilter
    let host: String?
    let limit: Int
    private var found: [FleetEntry] = []

    init(connection: PGConnection, filter: AuditFilter, host: String?, limit: Int) {
        (self.connection, self.filter, self.host, self.limit) = (connection, filter, host, limit)
    }

    /// Rows with an own time that cannot be are put before all others.
    private static let firstYear: Int64 = 1_420_070_400_000_000

    mutating func run() async throws -> [FleetEntry] {
        let ends = try await connection.query(
            "SELECT (extract(epoch FROM max(newest_event)) * 1000000)::bigint FROM audit_fleet.chain"
        ).rows[0]
        guard let newest = try ends.decodeIfPresent(Int64.self, at: 0) else { return [] }
        let begin = max(filter.since?.microseconds ?? .min, Self.firstYear)
        var end = min(filter.until?.microseconds ?? .max, newest + 1)
        var length: Int64 = 3_600_000_000
        while end > begin, found.count < limit {
            let isIndexed = filter.user != nil
            let low = isIndexed ? begin : max(begin, end - length)
            try await search(from: low, before: end)
            (end, length) = (low, length > 1 << 60 ? length : length * 4)
        }
        // What has no time of its own, or one that cannot be: the payload says what to make of it.
        if found.count < limit { try await search(from: 0, before: Self.firstYear) }
        return found
    }

    /// Looks at a period, newest first, a page at a time.
    private mutating func search(from low: Int64, before high: Int64) async throws {
        var last: FleetEntry?
        // The first page suffices unless many rows are left out here.
        var size = min(5_000, max(limit - found.count, 1))
        while found.count < limit {
            let rows = try await page(from: low, before: high, after: last, size)
            for row in rows where found.count < limit && filter.matches(row.entry) { found.append(row) }
            guard rows.count == size else { return }
            last = rows.last
            size = min(5_000, size * 4)
        }
    }

    private func page(
        from low: Int64,
        before high: Int64,
        after last: FleetEntry?,
        _ size: Int
    ) async throws -> [FleetEntry] {
        var parameters: [(any PGEncodable)?] = []
        func bind(_ value: any PGEncodable) -> String {
            parameters.append(value)
            return "$\(parameters.count)"
        }
        func moment(_ microseconds: Int64) -> String {
            "(timestamptz '1970-01-01 00:00:00+00' + \(microseconds) * interval '1 microsecond')"
        }
        var conditions = ["e.time >= \(moment(low))", "e.time < \(moment(high))"]
        if let last {
            conditions += [
                "e.time <= \(moment(last.place))",
                "(e.time, e.chain_id, e.seq) < (\(moment(last.place)), \(last.chainID), \(last.entry.sequence))",
            ]
        }
        if let user = filter.user { conditions.append("e.db_user = left(\(bind(user)), 200)") }
        if let host {
            conditions.append("e.chain_id IN (SELECT id FROM audit_fleet.chain WHERE host = \(bind(host)))")
        }
        if let after = filter.after { conditions.append("e.seq > \(after)") }
        for text in hints { conditions.append("strpos(e.payload, \(bind(text))) > 0") }
        let order = "ORDER BY e.time DESC, e.chain_id DESC, e.seq DESC"
        // Limited before it is joined, so that the index's order is followed and nothing is sorted.
        let sql = """
            SELECT \(FleetEntry.columns)
            FROM (
                SELECT * FROM audit_fleet.event e WHERE \(conditions.joined(separator: " AND ")) \(order) LIMIT \(size)
            ) e JOIN audit_fleet.chain c ON c.id = e.chain_id \(order)
            """
        return try await connection.query(sql, parameters: parameters).rows.map(FleetEntry.init)
    }

    /// What a canonical payload that matches must have in it, so that the server leaves out most of what does not.
    ///
    /// Only texts that stand in JSON as they are.
    private var hints: [String] {
        let members: KeyValuePairs<String, String?> = [
            "sha256": filter.fingerprint?.asciiLowercased(), "database": filter.database, "region": filter.region,
            "activity": filter.activity?.rawValue, "outcome": filter.outcome?.rawValue,
            "access_key_id": filter.accessKeyID, "profile": filter.profile, "role_arn": filter.roleARN,
            "account": filter.accountID, "requested_user": filter.requestedUser, "program": filter.program,
            "source": filter.credentialSource,
        ]
        return members.compactMap { key, value in
            guard let value, value.utf8.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != 0x22 && $0 != 0x5C }) else {
                return nil
            }
            return "\"\(key)\":\"\(value)\""
        }
    }
}
