import RDSIAMSystem

/// The search for one page of entries, newest first: in the order in which the log has recorded them.
///
/// A search looks at a bounded number of rows in each read transaction: in TRUNCATE mode a reader keeps writers
/// waiting.
struct EntryQuery {
    let filter: AuditFilter
    /// Rows looked at in one transaction.
    var stride: Int64 = 20_000
    /// How many rows of a period are looked up by their time; if there are more, all rows are read in their order.
    var mostOfPeriod: Int64 = 100_000

    /// Entries of an index that are read in one transaction.
    var indexStride: Int64 = 400_000

    /// Entries older than `cursor`, at most `limit`.
    func page(on connection: Connection, after cursor: AuditCursor?, limit: Int) throws -> AuditPage {
        let few = try fewRows(on: connection)
        var rows = few ?? Rows()
        var bounds = few == nil ? try bounds(on: connection) : Bounds()
        var entries: [AuditEntry] = []
        var position: Int64? = min(cursor?.sequence ?? .max, rows.end)
        while let end = position, entries.count < limit {
            let scan = try connection.reading {
                // What was pruned and is not deleted yet does not count.
                let start = max(try connection.prunedThrough(), filter.after ?? 0, rows.start)
                return try run(after: start, before: end, on: connection, limit: limit - entries.count)
            }
            entries += scan.entries
            position = scan.position
            // Most searches end before it is worth while to ask where the period does.
            guard entries.count < limit, let next = position else { continue }
            try bounds.narrow(&rows, at: next)
            position = min(next, rows.end)
        }
        return AuditPage(entries: entries, next: position.map { AuditCursor(sequence: $0) })
    }

    /// How SQLite goes about it, in SQLite's words.
    func plan(on connection: Connection) throws -> [String] {
        try lookups.flatMap { lookup in
            let sql = search(before: 1, after: 0, lookup).sql
            let explanation = try connection.prepare("EXPLAIN QUERY PLAN " + sql)
            var lines: [String] = []
            while try explanation.step() { lines.append(explanation.text(3)) }
            return lines
        }
    }

    // MARK: The period

    /// Rows between two others.
    fileprivate struct Rows {
        var start: Int64 = 0
        var end: Int64 = .max
    }

    /// The rows among which are all of the filter's period, if the period has few.
    private func fewRows(on connection: Connection) throws -> Rows? {
        let conditions = filter.period
        guard filter.lookups.isEmpty, !conditions.isEmpty else { return nil }
        let sql = Queries.period(conditions, limit: mostOfPeriod)
        let search = Search(sql: sql, values: conditions.flatMap(\.values))
        let select = try connection.prepare(search.sql)
        try search.bind(to: select)
        return try connection.reading {
            guard try select.step(), select.integer(0) < mostOfPeriod else { return nil }
            if select.integer(0) == 0 { return Rows(end: 1) }
            guard select.integer(1) > .min, select.integer(2) < .max else { return nil }
            return Rows(start: select.integer(1) - 1, end: select.integer(2) + 1)
        }
    }

    /// Where a long period ends and begins, not yet looked for.
    fileprivate struct Bounds {
        var end: TimeBound?
        var start: TimeBound?

        /// Leaves rows out that no row of the period is among, once the search has come to where that saves time.
        mutating func narrow(_ rows: inout Rows, at position: Int64) throws {
            if let end {
                let last = try end.row()
                if last < .max { rows.end = last + 1 }
                self.end = nil
            }
            if let start, try min(position, rows.end) < start.crossing() {
                rows.start = try start.row() - 1
                self.start = nil
            }
        }
    }

    /// What a search for a period begins with; nothing if the log has no index of times.
    private func bounds(on connection: Connection) throws -> Bounds {
        guard !filter.period.isEmpty, try connection.indexNames().contains(EntryView.indexes[0].name) else {
            return Bounds()
        }
        let (first, last) = try connection.reading {
            (try connection.prunedThrough() &+ 1, try connection.highestRow() ?? 0)
        }
        guard first > 0, first < last else { return Bounds() }
        func bound(_ date: Date?, isEnd: Bool) -> TimeBound? {
            date.map {
                TimeBound(
                    moment: $0.microseconds,
                    isEnd: isEnd,
                    rows: first...last,
                    stride: indexStride,
                    connection: connection
                )
            }
        }
        return Bounds(end: bound(filter.until, isEnd: true), start: bound(filter.since, isEnd: false))
    }

    // MARK: A transaction

    /// What a transaction has found, and the row before which to go on, or `nil` if there is none.
    private struct Scan {
        var entries: [AuditEntry] = []
        var position: Int64?
    }

    /// Merges what the indexes lead to.
    private func run(after start: Int64, before end: Int64, on connection: Connection, limit: Int) throws -> Scan {
        let scans = try lookups.map { lookup in
            try run(search(before: end, after: start, lookup), before: end, on: connection, limit: limit)
        }
        guard scans.count > 1 else { return scans.first ?? Scan() }
        // Down to this row, all have been searched.
        let position = scans.compactMap(\.position).max()
        let entries = scans.flatMap(\.entries).filter { $0.sequence >= position ?? .min }
            .sorted { $0.sequence > $1.sequence }
        guard entries.count > limit else { return Scan(entries: entries, position: position) }
        return Scan(entries: Array(entries.prefix(limit)), position: entries[limit - 1].sequence)
    }

    private func run(_ search: Search, before end: Int64, on connection: Connection, limit: Int) throws -> Scan {
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
        return Scan(entries: entries, position: seen < stride && entries.count < limit ? nil : last)
    }

    private static func disorder(_ connection: Connection) -> AuditLogError {
        let message = "The audit log's file is damaged: its rows are out of order. Verify it."
        return AuditLogError(.damaged, message, path: connection.path)
    }

    // MARK: SQL

    /// What leads to the rows; without an index, nothing but their numbers.
    private var lookups: [RowCondition?] { filter.lookups.isEmpty ? [nil] : filter.lookups }

    private func search(before end: Int64, after start: Int64, _ lookup: RowCondition?) -> Search {
        let rows = [RowCondition("e.seq > ?", start), RowCondition("e.seq < ?", end)] + (lookup.map { [$0] } ?? [])
        let sql = Queries.search(rows, matching: filter.conditions, limit: stride)
        return Search(sql: sql, values: (filter.conditions + rows).flatMap(\.values))
    }

    /// A statement and what to put in the place of its question marks.
    private struct Search {
        let sql: String
        let values: [RowCondition.Value]

        func bind(to statement: Statement) throws {
            for (index, value) in values.enumerated() {
                switch value {
                case .text(let text): try statement.bind(text, at: Int32(index + 1))
                case .integer(let number): try statement.bind(number, at: Int32(index + 1))
                }
            }
        }
    }
}
