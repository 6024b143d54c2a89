/// A row as it is stored, whether or not it is as a log writes it.
package struct StoredRow {
    /// The row's number.
    package let sequence: Int64
    /// The payload's bytes, valid within the call that gets the row.
    package let payload: UnsafeRawBufferPointer
    /// The leaf hash as it is stored, valid within the call that gets the row.
    package let leaf: UnsafeRawBufferPointer
    /// The chain hash as it is stored, valid within the call that gets the row.
    package let chain: UnsafeRawBufferPointer
    /// When the event happened, in microseconds, and the database user who logs in, as a quick look at the payload
    /// finds them: of a payload that is not canonical they may be wrong.
    package let hints: (time: Int64?, user: [UInt8]?)
}

extension AuditLogReader {
    /// Reads rows in their order, a short read transaction, so that writers do not wait for it.
    ///
    /// - Parameters:
    ///   - sequence: The row after which to begin.
    ///   - limit: How many rows at most.
    ///   - result: What `body` adds each row to.
    ///   - body: Takes the next row. It is called on the reader's thread.
    /// - Throws: ``AuditLogError``; `busy` may be tried again.
    package func rows<Result: Sendable>(
        after sequence: Int64,
        limit: Int,
        into result: Result,
        _ body: @Sendable (inout Result, StoredRow) -> Void
    ) throws -> Result {
        try reading { connection in
            try connection.reading {
                var result = result
                let select = try connection.prepare(Queries.rowsToCopy)
                try select.bind(max(sequence, try connection.prunedThrough()), at: 1)
                try select.bind(Int64(limit), at: 2)
                while try select.step() {
                    select.withBytes(1) { payload in
                        select.withBytes(2) { leaf in
                            select.withBytes(3) { chain in
                                body(&result, StoredRow(select.integer(0), payload, leaf, chain))
                            }
                        }
                    }
                }
                return result
            }
        }
    }

    /// The head of a row, or of the last row that was pruned.
    ///
    /// - Returns: The head, or `nil` if the row is not there.
    package func head(at sequence: Int64) throws -> AuditHead? {
        try reading { connection in
            try connection.reading {
                let logID = try connection.logID()
                let origin = try connection.origin(logID)
                if sequence == origin.sequence { return origin }
                guard sequence > origin.sequence,
                    let head = try connection.storedRow(before: sequence &+ 1, logID: logID), head.sequence == sequence
                else { return nil }
                return head
            }
        }
    }

    /// The head before the first row that counts: the prune point, or the chain's beginning.
    package func origin() throws -> AuditHead {
        try reading { connection in
            try connection.reading { try connection.origin(connection.logID()) }
        }
    }
}

extension StoredRow {
    fileprivate init(
        _ sequence: Int64,
        _ payload: UnsafeRawBufferPointer,
        _ leaf: UnsafeRawBufferPointer,
        _ chain: UnsafeRawBufferPointer
    ) {
        let fields = PayloadFields(payload)
        var user: [UInt8]?
        fields.user?.withBytes { user = [UInt8]($0) }
        let hints = (fields.time, user)
        self.init(sequence: sequence, payload: payload, leaf: leaf, chain: chain, hints: hints)
    }
}

extension Connection {
    fileprivate func origin(_ logID: String) throws -> AuditHead {
        try prunePoint(logID: logID)
            ?? AuditHead(logID: logID, sequence: 0, digest: ChainHasher().genesis(of: logID))
    }
}

/// The time and the user that a quick look at a payload finds, for a copy's columns.
package struct RowHints {
    private let fields: PayloadFields

    init(_ fields: PayloadFields) { self.fields = fields }

    /// When the event happened, in microseconds.
    package var time: Int64? { fields.time }

    /// Whether the database user who logs in is this one, or there is none.
    ///
    /// - Parameter limit: How many characters (Unicode scalars) of a longer name are compared.
    package func hasSameUser(_ user: UnsafeRawBufferPointer?, inCharacters limit: Int) -> Bool {
        guard let found = fields.user else { return user == nil }
        guard let user else { return false }
        var isSame = false
        found.withBytes { name in
            isSame = name.elementsEqual(user)
            if !isSame, name.count > limit {
                isSame = String(decoding: name, as: UTF8.self).unicodeScalars.prefix(limit).elementsEqual(
                    String(decoding: user, as: UTF8.self).unicodeScalars
                )
            }
        }
        return isSame
    }
}
