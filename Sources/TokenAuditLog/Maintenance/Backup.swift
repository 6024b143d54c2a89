import RDSIAMSystem

/// Copies a log that is in use, row for row.
///
/// SQLite's own backup keeps writers waiting for as long as it takes, or begins again at each of their commits. Rows
/// of a log never change, so they can be copied some at a time. The copy's tables are our own: the file's are SQL that
/// another program may have put there.
struct Backup {
    let source: Connection
    let path: String
    var stride: Int64 = 5_000

    /// - Returns: The last row of the copy.
    func run() throws -> AuditHead {
        let file = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw creationFailure(errno) }
        defer { close(file) }
        do {
            let head = try fill()
            guard fsync(file) == 0 else { throw LogFile(path: path).failure(errno) }
            try LogFile(path: path).synchronize(directory: LogFile(path: path).directory)
            return head
        } catch {
            unlink(path)
            throw error
        }
    }

    private func creationFailure(_ number: Int32) -> AuditLogError {
        guard number == EEXIST else { return LogFile(path: path).failure(number) }
        return AuditLogError(.alreadyExists, "There is a file already. Give the backup another name.", path: path)
    }

    private func fill() throws -> AuditHead {
        let copy = try Connection(path: path, mode: .writing)
        // All is synchronized once, at the end; until then the copy counts for nothing.
        try copy.execute(Queries.writeFast)
        let version = try source.integer(Queries.schemaVersion) ?? 0
        try copy.execute(Queries.setVersion(version))
        try copy.execute(Queries.setApplicationID)
        let schema = try Schema.reference(version: version)
        // The guards come last: they are not for copies.
        for table in try schema.statements(Queries.tables) { try copy.execute(table) }
        try copyRows(to: copy)
        for other in try schema.statements(Queries.indexesAndTriggers) { try copy.execute(other) }
        return try copy.head()
    }

    private func copyRows(to copy: Connection) throws {
        var last: Int64 = 0
        while let next = try source.reading({ try copyStride(after: last, to: copy) }) { last = next }
    }

    /// Copies some rows; if there are none left, what else there is to say of the log at this same moment.
    ///
    /// What was pruned in the meantime must be said, and by a row too; its rows that were copied before would be part
    /// of it.
    private func copyStride(after sequence: Int64, to copy: Connection) throws -> Int64? {
        let rows = try source.prepare(Queries.rowsToCopy)
        try rows.bind(sequence, at: 1)
        try rows.bind(stride, at: 2)
        if let last = try transfer(rows, to: copy, Queries.insertRow, count: 4) { return last }
        try transfer(source.prepare(Queries.meta), to: copy, Queries.insertMeta, count: 2)
        let points = try source.prepare(Queries.prunePoints)
        try points.bind(sequence, at: 1)
        try transfer(points, to: copy, Queries.insertPrunePoint, count: 3)
        try copy.execute(Queries.deletePruned)
        return nil
    }

    /// Copies what a query gives.
    ///
    /// Returns the first column of the last row; `nil` if there is no row.
    @discardableResult
    private func transfer(_ rows: Statement, to copy: Connection, _ sql: String, count: Int) throws -> Int64? {
        var last: Int64?
        try copy.writing {
            let insert = try copy.prepare(sql)
            while try rows.step() {
                last = rows.integer(0)
                try insert.bindRow(of: rows, count: count)
                try insert.run()
            }
        }
        return last
    }
}

extension Connection {
    /// The SQL that made the tables and triggers of a schema that is our own.
    fileprivate func statements(_ query: String) throws -> [String] {
        let select = try prepare(query)
        var statements: [String] = []
        while try select.step() { statements.append(select.text(0)) }
        return statements
    }
}
