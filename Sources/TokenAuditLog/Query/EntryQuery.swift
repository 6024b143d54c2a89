/// The search for one page of entries, newest first.
///
/// It looks at a bounded number of rows in each read transaction: in TRUNCATE mode a reader keeps writers waiting.
struct EntryQuery {
    let filter: AuditFilter
    /// Rows looked at in one transaction.
    var stride: Int64 = 20_000

    /// Entries older than `cursor`, at most `limit`.
    func page(on connection: Connection, after cursor: AuditCursor?, limit: Int) throws -> AuditPage {
        var entries: [AuditEntry] = []
        var position = cursor
        repeat {
            let scan = try connection.reading {
                try self.scan(connection, after: position, limit: limit - entries.count)
            }
            entries += scan.entries
            position = scan.position
        } while position != nil && entries.count < limit
        return AuditPage(entries: entries, next: position)
    }

    /// How SQLite goes about it, in SQLite's words.
    func plan(on connection: Connection) throws -> String {
        let explanation = try connection.prepare("EXPLAIN QUERY PLAN " + sql(after: nil))
        var lines: [String] = []
        while try explanation.step() { lines.append(explanation.text(3)) }
        return lines.joined(separator: "\n")
    }

    private typealias Scan = (entries: [AuditEntry], position: AuditCursor?)

    private func scan(_ connection: Connection, after cursor: AuditCursor?, limit: Int) throws -> Scan {
        let unindexed = filter.unindexed
        let window = unindexed.isEmpty ? Int64(limit) : stride
        let statement = try connection.prepare(sql(after: cursor))
        try bind(statement, cursor, window)
        var seen: Int64 = 0
        var last: AuditCursor?
        var entries: [AuditEntry] = []
        while entries.count < limit, try statement.step() {
            seen += 1
            last = AuditCursor(microseconds: statement.integer(4), sequence: statement.integer(0))
            if statement.integer(5) == 1 { entries.append(AuditEntry(statement)) }
        }
        let isComplete = seen < window && entries.count < limit
        return (entries, isComplete ? nil : last)
    }

    private func sql(after cursor: AuditCursor?) -> String {
        let conditions =
            filter.indexed.map(\.sql) + (cursor == nil ? [] : ["time_us <= ?", "(time_us < ? OR seq < ?)"])
        let matches = filter.unindexed.isEmpty ? "1" : filter.unindexed.map(\.sql).joined(separator: " AND ")
        return """
            SELECT seq, payload, leaf_hash, chain_hash, coalesce(time_us, 0), \(matches) FROM event
            \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND "))
            ORDER BY \(order) DESC, seq DESC LIMIT ?
            """
    }

    /// A fingerprint has few rows, which are sorted.
    ///
    /// The plus sign keeps SQLite from walking all rows in order instead.
    private var order: String { filter.fingerprint == nil ? "time_us" : "+time_us" }

    private func bind(_ statement: Statement, _ cursor: AuditCursor?, _ window: Int64) throws {
        var index: Int32 = 0
        for condition in filter.unindexed + filter.indexed {
            index += 1
            switch condition {
            case .text(_, let value): try statement.bind(value, at: index)
            case .integer(_, let value): try statement.bind(value, at: index)
            }
        }
        let position = cursor.map { [$0.microseconds, $0.microseconds, $0.sequence] } ?? []
        for value in position + [window] {
            index += 1
            try statement.bind(value, at: index)
        }
    }
}

extension AuditFilter.Condition {
    fileprivate var sql: String {
        switch self {
        case .text(let sql, _), .integer(let sql, _): sql
        }
    }
}
