import CLibpq

/// What happens while a script runs, in the order of its statements.
package enum PGScriptEvent: Sendable {
    /// A statement begins to return rows with these columns.
    case columns([String])
    /// The next rows of that statement.
    case rows(PGResult.Rows)
    /// The next rows of a `COPY … TO STDOUT`.
    case copyOut([UInt8])
    /// A statement has ended, with its command tag.
    case end(String)
}

extension PGConnection {
    /// Runs statements, separated by semicolons, in one go (libpq, `PQsendQuery`), with rows and the data of COPY in
    /// memory that does not grow with their number.
    ///
    /// - Parameters:
    ///   - sql: The statements.
    ///   - copyIn: Returns the next bytes for a `COPY … FROM STDIN`, or `nil` at their end.
    ///   - body: Takes what happens.
    /// - Throws: What ``execute(_:)`` throws, at the first statement that fails, after the events before it; what the
    ///   closures throw, which stops the script on the server.
    package func runScript(
        _ sql: String,
        copyIn: () async throws -> [UInt8]?,
        _ body: (PGScriptEvent) async throws -> Void
    ) async throws {
        let statement = try Statement(sql)
        try await session.withLease(isStreaming: true) { lease in
            try await lease.use { traffic in
                try await traffic.send(statement)
                guard PQsetSingleRowMode(traffic.handle.pointer) == 1 else { throw traffic.handle.breakage() }
            }
            var part = ScriptPart()
            repeat {
                part = try await lease.use { [part] in try await $0.part(of: part) }
                for event in part.events { try await body(event) }
                if let failure = part.failure { throw failure }
                if part.asksForCopy { try await lease.send(copyIn) }
            } while !part.isLast
        }
    }
}

/// What came of a script at once, and what the next part needs to know.
private struct ScriptPart: Sendable {
    var events: [PGScriptEvent] = []
    /// Whether the statement under way has told its columns.
    var hasColumns = false
    /// Whether the statement under way is a `COPY … TO STDOUT`.
    var isCopyingOut = false
    /// Whether the server waits for the data of a `COPY … FROM STDIN`.
    var asksForCopy = false
    var isLast = false
    /// The error of the statement after the events.
    var failure: PGError?

    /// Whether a reader must take this part before there can be more.
    var isOver: Bool { failure != nil || isLast || isCopyingOut || asksForCopy }

    /// A part after this one.
    var next: ScriptPart { ScriptPart(hasColumns: hasColumns, isCopyingOut: isCopyingOut) }

    mutating func begin(_ columns: [String]) {
        guard !hasColumns, !columns.isEmpty else { return }
        hasColumns = true
        events.append(.columns(columns))
    }

    /// Adds the rows that came up to here.
    mutating func flush(_ batch: inout RowBatch) {
        if let result = batch.result {
            begin(result.columns)
            events.append(.rows(result.rows))
        }
        batch = RowBatch()
    }

    mutating func end(_ result: PGResult) {
        begin(result.columns)
        hasColumns = false
        events.append(.end(result.commandTag))
    }
}

extension Lease {
    /// Sends the data of a COPY to its end.
    fileprivate func send(_ chunks: () async throws -> [UInt8]?) async throws {
        while let chunk = try await chunks() {
            try await use { try await $0.putCopyData(chunk) }
        }
        try Task.checkCancellation()
        try await use { try await $0.endCopy() }
    }
}

extension Traffic {
    /// Returns what is there of a script, or waits for it.
    fileprivate func part(of earlier: ScriptPart) async throws -> ScriptPart {
        var part = earlier.next
        if part.isCopyingOut {
            let rows = try await copyRows()
            part.isCopyingOut = rows != nil
            part.events = rows.map { [.copyOut($0)] } ?? []
            return part
        }
        var batch = RowBatch()
        while !batch.isFull, !part.isOver {
            if PQisBusy(handle.pointer) == 1 {
                guard batch.isEmpty, part.events.isEmpty else { break }
                try await receive()
                continue
            }
            switch try takeNext(addingRowsTo: &batch) {
            case .row: continue
            case .result(let result):
                part.flush(&batch)
                take(result, into: &part)
            case .end: part.isLast = true
            }
        }
        part.flush(&batch)
        return part
    }

    private func take(_ result: PGResult, into part: inout ScriptPart) {
        if let failure = result.failure {
            part.failure = handle.isAlive ? failure : handle.breakage(after: failure)
        } else if result.status == PGRES_COPY_BOTH {
            // libpq would return it again and again.
            part.failure = .copy
        } else if result.status == PGRES_COPY_IN {
            part.asksForCopy = true
        } else if result.status == PGRES_COPY_OUT {
            part.isCopyingOut = true
        } else {
            part.end(result)
        }
    }
}
