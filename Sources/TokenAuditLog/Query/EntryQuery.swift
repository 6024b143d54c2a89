/// The search for one page of entries, newest first: in the order in which the log has recorded them.
///
/// Rows that are not indexed yet are read one by one; then each segment is searched, the newest first. A search looks
/// at a bounded number of rows in each read transaction: in TRUNCATE mode a reader keeps writers waiting.
struct EntryQuery {
    let filter: AuditFilter
    /// Rows looked at in one transaction.
    var stride: Int64 = 20_000
    /// Segments looked at in one transaction.
    var segments: Int64 = 1000

    /// Entries older than `cursor`, at most `limit`.
    func page(on connection: Connection, after cursor: AuditCursor?, limit: Int) throws -> AuditPage {
        let key = try lookupKey()
        var entries: [AuditEntry] = []
        var position: Int64? = cursor?.sequence ?? .max
        while let end = position, entries.count < limit {
            let scan = try connection.reading {
                try self.scan(connection, before: end, limit: limit - entries.count, key)
            }
            entries += scan.entries
            position = scan.position
        }
        return AuditPage(entries: entries, next: position.map { AuditCursor(sequence: $0) })
    }

    /// How SQLite goes about it, in SQLite's words.
    func plans(on connection: Connection) throws -> [String] {
        try [tail(before: 1, after: 0), indexed(in: 1..<2, segments: 0...0, lookupKey())].map { search in
            let explanation = try connection.prepare("EXPLAIN QUERY PLAN " + search.sql)
            var lines: [String] = []
            while try explanation.step() { lines.append(explanation.text(3)) }
            return lines.joined(separator: "\n")
        }
    }

    private func lookupKey() throws -> Int64? {
        guard let lookup = filter.lookup else { return nil }
        let hasher = try ChainHasher()
        return Array(lookup.value.utf8).withUnsafeBytes { lookup.field.key(of: $0, hasher) }
    }

    /// What a transaction has found, and the row before which to go on; nil where there is none.
    private typealias Scan = (entries: [AuditEntry], position: Int64?)

    private func scan(_ connection: Connection, before end: Int64, limit: Int, _ key: Int64?) throws -> Scan {
        // What was pruned and is not deleted yet does not count.
        let pruned = try connection.prunedThrough()
        guard end - 1 > pruned else { return ([], nil) }
        guard let last = try connection.lastIndexed(), last.through > pruned else {
            return try run(tail(before: end, after: pruned), on: connection, limit: limit)
        }
        guard end - 1 <= last.through else {
            let tail = try run(tail(before: end, after: last.through), on: connection, limit: limit)
            return (tail.entries, tail.position ?? last.through + 1)
        }
        let numbers = Segment(of: pruned + 1).number...Segment(of: end - 1).number
        guard let oldest = try self.oldest(of: segments, in: numbers, on: connection) else { return ([], nil) }
        let rows = pruned + 1..<end
        let found = try run(indexed(in: rows, segments: oldest...numbers.upperBound, key), on: connection, limit: limit)
        return (found.entries, found.position ?? Segment(number: oldest).rows.lowerBound)
    }

    /// The last of the next `count` segments; nil where there is none.
    private func oldest(of count: Int64, in numbers: ClosedRange<Int64>, on connection: Connection) throws -> Int64? {
        let select = try connection.prepare(
            "SELECT number FROM segment WHERE number BETWEEN ?1 AND ?2 ORDER BY number DESC LIMIT ?3"
        )
        try select.bind(numbers.lowerBound, at: 1)
        try select.bind(numbers.upperBound, at: 2)
        try select.bind(count, at: 3)
        var oldest: Int64?
        while try select.step() { oldest = select.integer(0) }
        return oldest
    }

    private func run(_ search: Search, on connection: Connection, limit: Int) throws -> Scan {
        let statement = try connection.prepare(search.sql)
        try search.bind(to: statement)
        var seen: Int64 = 0
        var last: Int64?
        var entries: [AuditEntry] = []
        while entries.count < limit, try statement.step() {
            seen += 1
            last = statement.integer(0)
            if statement.integer(4) == 1 { entries.append(AuditEntry(statement)) }
        }
        return (entries, seen < stride && entries.count < limit ? nil : last)
    }

    // MARK: SQL

    /// Rows that are not indexed.
    private func tail(before end: Int64, after indexed: Int64) -> Search {
        search("event e", [.integer("e.seq > ?", indexed), .integer("e.seq < ?", end)], order: "e.seq DESC")
    }

    /// Rows of segments: those that a key leads to, or all where there is none.
    private func indexed(in rows: Range<Int64>, segments: ClosedRange<Int64>, _ key: Int64?) -> Search {
        let range: [AuditFilter.Condition] = [
            .integer("s.number >= ?", segments.lowerBound), .integer("s.number <= ?", segments.upperBound),
        ]
        guard let key else {
            return search(
                "segment s CROSS JOIN event e ON e.seq BETWEEN s.number << \(Segment.shift) AND s.through_seq",
                // Not for SQLite to start at: each segment's rows begin with its own.
                range + [.integer("+e.seq >= ?", rows.lowerBound), .integer("e.seq < ?", rows.upperBound)]
                    + filter.segmentConditions,
                order: "s.number DESC, e.seq DESC"
            )
        }
        return search(
            "segment s CROSS JOIN lookup l ON l.segment = s.number CROSS JOIN event e ON e.seq = l.seq",
            range + [.integer("l.key = ?", key)]
                + [.integer("l.seq >= ?", rows.lowerBound), .integer("l.seq < ?", rows.upperBound)]
                + filter.segmentConditions,
            order: "s.number DESC, l.seq DESC"
        )
    }

    private func search(_ tables: String, _ conditions: [AuditFilter.Condition], order: String) -> Search {
        let matches = filter.conditions.isEmpty ? "1" : filter.conditions.map(\.sql).joined(separator: " AND ")
        let sql = """
            SELECT e.seq, e.payload, e.leaf_hash, e.chain_hash, \(matches) FROM \(tables)
            WHERE \(conditions.map(\.sql).joined(separator: " AND ")) ORDER BY \(order) LIMIT \(stride)
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
