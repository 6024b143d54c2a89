import RDSIAMSystem

/// Compares an index with the rows, so that a search can be believed that finds nothing.
///
/// An index lies outside of the chain: a program that can write the file can take entries out and leave the
/// index's SQL as it was. All entries are read, in read transactions as short as the walk's.
struct IndexCheck {
    let connection: Connection
    let index: EntryView.Index
    /// The rows that were walked: those after the first and up to the second.
    let rows: (after: Int64, through: Int64)
    let pace: Duration

    private typealias Sum = IndexSums.Sum

    /// Returns what is wrong, or `nil` if the index holds what it must.
    ///
    /// - Parameter expected: The sum over the walked rows.
    func finding(expected: IndexSums.Sum) throws -> AuditFinding? {
        do {
            let stored = try storedSum()
            if stored == expected { return nil }
            // SQLite has the last word on payloads that are not canonical.
            let walked = try walkRows()
            if stored == walked.sum { return nil }
            return altered(
                walked.missing ?? 0,
                "A search does not find the rows that the index \(index.name) leaves out."
            )
        } catch let error as AuditLogError where error.code == .damaged {
            return altered(0, "The index \(index.name) cannot be read.")
        }
    }

    private func altered(_ sequence: Int64, _ message: String) -> AuditFinding {
        let advice = " Build it again: sqlite3 LOG REINDEX, while no other program uses the log."
        return AuditFinding(.indexAltered, at: sequence, message + advice)
    }

    // MARK: The index

    /// Where a step ended: an entry's key and row.
    private struct Place {
        let key: StoredValue
        let sequence: Int64

        func precedes(_ other: Place) -> Bool {
            key.precedes(other.key) || (!other.key.precedes(key) && sequence < other.sequence)
        }
    }

    private func storedSum() throws -> Sum {
        var sum = Sum()
        var place: Place?
        repeat {
            let next = try connection.reading { try step(from: place, &sum) }
            // A damaged index may lead in circles.
            if let place, let next, !place.precedes(next) { throw disorder }
            place = next
        } while place != nil
        return sum
    }

    private var disorder: AuditLogError {
        AuditLogError(.damaged, "The index \(index.name) is out of order.", path: connection.path)
    }

    /// Reads for a while.
    ///
    /// Returns where to go on; `nil` at the end.
    private func step(from place: Place?, _ sum: inout Sum) throws -> Place? {
        let end = SuspendingClock.now + pace
        guard let place else { return try read(connection.prepare(Queries.allEntries(index)), until: end, &sum) }
        let equal = try connection.prepare(Queries.equalEntries(index))
        try equal.bind(place.key, at: 1)
        try equal.bind(place.sequence, at: 2)
        if let next = try read(equal, until: end, &sum) { return next }
        let later = try connection.prepare(Queries.laterEntries(index))
        try later.bind(place.key, at: 1)
        return try read(later, until: end, &sum)
    }

    private func read(_ select: Statement, until end: SuspendingClock.Instant, _ sum: inout Sum) throws -> Place? {
        while try select.step() {
            let sequence = select.integer(1)
            if sequence > rows.after && sequence <= rows.through { select.add(column: 0, sequence, to: &sum) }
            if SuspendingClock.now >= end { return Place(key: select.value(0), sequence: sequence) }
        }
        return nil
    }

    // MARK: The rows, as SQLite reads them

    private func walkRows() throws -> (sum: Sum, missing: Int64?) {
        var sum = Sum()
        var missing: Int64?
        var position: Int64? = rows.after
        while let start = position {
            position = try connection.reading {
                let end = SuspendingClock.now + pace
                let select = try connection.prepare(Queries.indexedRows(index))
                try select.bind(start, at: 1)
                try select.bind(rows.through, at: 2)
                while try select.step() {
                    let sequence = select.integer(1)
                    select.add(column: 0, sequence, to: &sum)
                    if missing == nil, try !holds(select.value(0), sequence) { missing = sequence }
                    if SuspendingClock.now >= end { return sequence }
                }
                return nil
            }
        }
        return (sum, missing)
    }

    private func holds(_ key: StoredValue, _ sequence: Int64) throws -> Bool {
        if case .null = key { return true }
        let select = try connection.prepare(Queries.entry(index))
        try select.bind(key, at: 1)
        try select.bind(sequence, at: 2)
        return try select.step()
    }
}

extension Statement {
    /// Adds an index entry's key, unless it is NULL.
    fileprivate func add(column: Int32, _ sequence: Int64, to sum: inout IndexSums.Sum) {
        switch value(column) {
        case .null: break
        case .integer(let key): sum.add(key, sequence)
        case .real(let key): withUnsafeBytes(of: key) { sum.add($0, isText: false, sequence) }
        case .text(let key): key.withUnsafeBytes { sum.add($0, isText: true, sequence) }
        }
    }
}
