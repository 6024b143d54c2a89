/// The search for one page of entries, newest first: in the order in which the log has recorded them.
///
/// A search looks at a bounded number of rows in each read transaction: in TRUNCATE mode a reader keeps writers waiting.
struct EntryQuery {
    let filter: AuditFilter
    /// Rows looked at in one transaction.
    var stride: Int64 = 20_000

    /// Entries older than `cursor`, at most `limit`.
    func page(on connection: Connection, after cursor: AuditCursor?, limit: Int) throws -> AuditPage {
        var entries: [AuditEntry] = []
        var position: Int64? = cursor?.sequence ?? .max
        while let end = position, entries.count < limit {
            let scan = try connection.reading { try run(before: end, on: connection, limit: limit - entries.count) }
            entries += scan.entries
            position = scan.position
        }
        return AuditPage(entries: entries, next: position.map { AuditCursor(sequence: $0) })
    }

    /// How SQLite goes about it, in SQLite's words.
    func plan(on connection: Connection) throws -> [String] {
        let explanation = try connection.prepare("EXPLAIN QUERY PLAN " + search(before: 1, after: 0).sql)
        var lines: [String] = []
        while try explanation.step() { lines.append(explanation.text(3)) }
        return lines
    }

    /// What a transaction has found, and the row before which to go on; nil if there is none.
    private typealias Scan = (entries: [AuditEntry], position: Int64?)

    private func run(before end: Int64, on connection: Connection, limit: Int) throws -> Scan {
        // What was pruned and is not deleted yet does not count.
        let search = search(before: end, after: try connection.prunedThrough())
        let statement = try connection.prepare(search.sql)
        try search.bind(to: statement)
        var seen: Int64 = 0
        var last = end
        var entries: [AuditEntry] = []
        while entries.count < limit, try statement.step() {
            // In a damaged file rows may come in any order, and again and again.
            guard statement.integer(0) < last else { throw Self.disorder(connection) }
            seen += 1
            last = statement.integer(0)
            if statement.integer(4) == 1 { entries.append(AuditEntry(statement)) }
        }
        return (entries, seen < stride && entries.count < limit ? nil : last)
    }

    private static func disorder(_ connection: Connection) -> AuditLogError {
        let message = "The audit log's file is damaged: its rows are out of order. Verify it."
        return AuditLogError(.damaged, message, path: connection.path)
    }

    // MARK: SQL

    private func search(before end: Int64, after pruned: Int64) -> Search {
        var conditions: [AuditFilter.Condition] = [.integer("e.seq > ?", pruned), .integer("e.seq < ?", end)]
        if let lookup = filter.lookup { conditions.append(.text("e.\(lookup.column) = ?", lookup.value)) }
        let matches = filter.conditions.isEmpty ? "1" : filter.conditions.map(\.sql).joined(separator: " AND ")
        let sql = """
            SELECT e.seq, e.payload, e.leaf_hash, e.chain_hash, \(matches) FROM entry e
            WHERE \(conditions.map(\.sql).joined(separator: " AND ")) ORDER BY e.seq DESC LIMIT \(stride)
            """
        return Search(sql: sql, parameters: filter.conditions + conditions)
    }

    /// A statement and what to put in the place of its question marks.
    private struct Search {
        let sql: String
        let parameters: [AuditFilter.Condition]

        func bind(to statement: Statement) throws {
            var index: Int32 = 0
            for condition in parameters {
                for _ in 0..<condition.parameterCount {
                    index += 1
                    switch condition {
                    case .text(_, let value): try statement.bind(value, at: index)
                    case .integer(_, let value): try statement.bind(value, at: index)
                    }
                }
            }
        }
    }
}

extension AuditFilter.Condition {
    fileprivate var sql: String {
        switch self {
        case .text(let sql, _), .integer(let sql, _): sql
        }
    }

    fileprivate var parameterCount: Int { sql.utf8.count { $0 == UInt8(ascii: "?") } }
}
