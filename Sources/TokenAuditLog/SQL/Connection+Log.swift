import CSQLite

extension Connection {
    func logID() throws -> String {
        guard let logID = try text(Queries.logID) else {
            throw AuditLogError(.damaged, "The audit log has lost its name. Restore it from a backup.", path: path)
        }
        return logID
    }

    /// The last row; the last pruned row, or the chain's beginning, if there is none.
    func head() throws -> AuditHead {
        let logID = try logID()
        if let row = try firstHead(of: prepare(Queries.lastRow), logID) { return row }
        return try prunePoint(logID: logID)
            ?? AuditHead(logID: logID, sequence: 0, digest: ChainHasher().genesis(of: logID))
    }

    /// The last row that was pruned: what the first row of the log must follow from.
    func prunePoint(logID: String) throws -> AuditHead? { try firstHead(of: prepare(Queries.prunePoint), logID) }

    /// The last row that was pruned, or is about to be deleted; 0 if there is none.
    ///
    /// Rows up to it do not count, even if they are there.
    func prunedThrough() throws -> Int64 {
        let select = try prepare(Queries.prunePoint)
        return try select.step() ? select.integer(0) : 0
    }

    /// The last row before `sequence`, pruned or not; `nil` if there is none.
    func storedRow(before sequence: Int64, logID: String) throws -> AuditHead? {
        let select = try prepare(Queries.rowBefore)
        try select.bind(sequence, at: 1)
        return try firstHead(of: select, logID).flatMap { $0.sequence > 0 ? $0 : nil }
    }

    /// The last row before `sequence` that the next must follow from: a row, the prune point, or the chain's beginning.
    func row(before sequence: Int64, logID: String, hasher: ChainHasher) throws -> AuditHead {
        let origin =
            try prunePoint(logID: logID) ?? AuditHead(logID: logID, sequence: 0, digest: hasher.genesis(of: logID))
        guard let row = try storedRow(before: sequence, logID: logID), row.sequence > origin.sequence else {
            return origin
        }
        return row
    }

    /// The number of the first row from a number on; the number itself if the file is damaged there.
    ///
    /// A forger may leave any number of rows out.
    func row(from sequence: Int64) throws -> Int64? {
        let select = try prepare(Queries.rowFrom)
        try select.bind(sequence, at: 1)
        do {
            return try select.step() ? select.integer(0) : nil
        } catch let error as AuditLogError where error.code == .damaged {
            return sequence
        }
    }

    /// The last row there is, found from the end.
    func highestRow() throws -> Int64? { try integer(Queries.highestRow) }

    func indexNames() throws -> Set<String> {
        let select = try prepare(Queries.indexNames)
        var names: Set<String> = []
        while try select.step() { names.insert(select.text(0)) }
        return names
    }

    /// Whether it sees the file as it was, and a writer has come since.
    var isOvertaken: Bool { isUnlocked && LogFile(path: path + "-wal").exists }

    private func firstHead(of select: Statement, _ logID: String) throws -> AuditHead? {
        guard try select.step() else { return nil }
        return AuditHead(logID: logID, sequence: select.integer(0), digest: select.digest(1))
    }
}
