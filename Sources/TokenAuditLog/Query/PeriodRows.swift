/// The rows among which are all of a period, as the index of times has them.
///
/// The index is read in short transactions, and only the period's part of it.
struct PeriodRows {
    /// From this time on, in microseconds; `nil` from the beginning.
    let since: Int64?
    /// Before this time; `nil` to the end.
    let until: Int64?
    /// Entries looked at in one transaction.
    var stride = 20_000

    private var index: EntryView.Index { EntryView.indexes[0] }

    /// Returns the span from the first row of the period to the last, or `nil` if none of `rows` lies in the period.
    ///
    /// All of `rows` if the file is of a version without indexes, or if the index is damaged.
    func rows(among rows: ClosedRange<Int64>, on connection: Connection) throws -> ClosedRange<Int64>? {
        guard since != nil || until != nil, try connection.indexNames().contains(index.name) else { return rows }
        var search = Search(start: since ?? .min, end: until ?? .max, rows: rows)
        do {
            while try connection.reading({ try step(&search, on: connection) }) {}
        } catch let error as AuditLogError where error.code == .damaged {
            return rows
        }
        return search.isDisordered ? rows : search.found
    }

    /// Whether there may be more entries of the period.
    private func step(_ search: inout Search, on connection: Connection) throws -> Bool {
        var left = stride
        let equal = try connection.prepare(Queries.equalEntries(index))
        try equal.bind(search.time, at: 1)
        try equal.bind(search.row, at: 2)
        while left > 0, try equal.step() {
            guard search.take(equal) else { return false }
            left -= 1
        }
        guard left > 0 else { return true }
        let later = try connection.prepare(Queries.laterEntries(index))
        try later.bind(search.time, at: 1)
        while left > 0, try later.step() {
            guard search.take(later) else { return false }
            left -= 1
        }
        return left == 0
    }

    /// Where in the index a search is, and what it has found.
    private struct Search {
        var time: Int64
        var row = Int64.min
        let end: Int64
        let rows: ClosedRange<Int64>
        var found: ClosedRange<Int64>?
        /// Whether entries came that no sound index has in this order.
        var isDisordered = false

        init(start: Int64, end: Int64, rows: ClosedRange<Int64>) {
            (time, self.end, self.rows) = (start, end, rows)
        }

        /// Returns whether the entry belongs to the period: those after it may too.
        mutating func take(_ entry: Statement) -> Bool {
            let (time, row) = (entry.integer(0), entry.integer(1))
            guard entry.isInteger(0), (time, row) > (self.time, self.row) else {
                isDisordered = true
                return false
            }
            (self.time, self.row) = (time, row)
            guard time < end else { return false }
            guard rows.contains(row) else { return true }
            found = min(found?.lowerBound ?? row, row)...max(found?.upperBound ?? row, row)
            return true
        }
    }
}
