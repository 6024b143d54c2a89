import CLibpq
import Synchronization

/// The rows of a statement as they come, in memory that does not grow with their number (libpq, `PQsetSingleRowMode`).
///
/// Iterate over it once, within the closure that got it.
public struct PGRowSequence: AsyncSequence, Sendable {
    /// The rows.
    public typealias Element = PGRow

    /// The iterator.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let source: RowSource
        private var rows: [PGRow] = []
        private var next = 0

        fileprivate init(_ source: RowSource) {
            self.source = source
        }

        /// The next row, or `nil` at the end.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> PGRow? {
            if next == rows.count {
                rows = try await source.fetch()
                next = 0
                if rows.isEmpty { return nil }
            }
            defer { next += 1 }
            return rows[next]
        }

        /// The next row, or `nil` at the end.
        public mutating func next() async throws -> PGRow? { try await next(isolation: nil) }
    }

    fileprivate let source: RowSource

    /// An iterator; make one only.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source) }
}

extension PGConnection {
    /// Runs one statement and gives its rows to `body` while they come.
    ///
    /// ```swift
    /// let total = try await connection.withRows("select amount from payments where year = $1", 2026) { rows in
    ///     try await rows.reduce(Decimal(0)) { try $0 + $1.decode(Decimal.self, "amount") }
    /// }
    /// ```
    ///
    /// The connection is busy until `body` returns: statements of other tasks wait, and statements of this one fail
    /// with the code `invalidStatement`. If `body` returns before the last row, the statement is stopped on the server.
    ///
    /// - Parameters:
    ///   - sql: One statement.
    ///   - parameters: The values of `$1`, `$2` and so on; `nil` is NULL.
    ///   - resultFormat: The form in which the server sends values.
    ///   - body: Iterates over the rows, once.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, and what ``query(_:_:resultFormat:)-(String,_,_)`` throws, also from the iterator.
    public func withRows<Value>(
        _ sql: String,
        _ parameters: (any PGEncodable)?...,
        resultFormat: PGFormat = .text,
        _ body: (PGRowSequence) async throws -> Value
    ) async throws -> Value {
        try await withRows(of: Statement(sql, parameters, resultFormat), body)
    }

    /// Runs a prepared statement and gives its rows to `body` while they come.
    ///
    /// All else is as in ``withRows(_:_:resultFormat:_:)-(String,_,_,_)``.
    public func withRows<Value>(
        _ statement: PGPreparedStatement,
        _ parameters: (any PGEncodable)?...,
        resultFormat: PGFormat = .text,
        _ body: (PGRowSequence) async throws -> Value
    ) async throws -> Value {
        try check(statement)
        return try await withRows(of: Statement(prepared: statement.name, parameters, resultFormat), body)
    }

    private func withRows<Value>(
        of statement: Statement,
        _ body: (PGRowSequence) async throws -> Value
    ) async throws -> Value {
        try await session.withLease(isStreaming: true) { lease in
            try await lease.use { traffic in
                try await traffic.send(statement)
                guard PQsetSingleRowMode(traffic.handle.pointer) == 1 else { throw traffic.handle.breakage() }
            }
            return try await body(PGRowSequence(source: RowSource(lease)))
        }
    }
}

/// Fetches rows on the loop's thread, many at a time, as each visit there costs more than a row does.
private final class RowSource: Sendable {
    private static let batch = 256

    private let lease: Lease
    /// How the statement ended; `nil` while there may be more rows.
    private let end = Mutex<Result<Void, PGError>?>(nil)

    init(_ lease: Lease) {
        self.lease = lease
    }

    /// Returns the next rows, or none at the end.
    func fetch() async throws -> [PGRow] {
        if let end = end.withLock({ $0 }) {
            try end.get()
            return []
        }
        let batch = try await lease.use { try await $0.rows(atMost: Self.batch) }
        if let ended = batch.end { end.withLock { $0 = ended } }
        if batch.rows.isEmpty { try batch.end?.get() }
        return batch.rows
    }
}

/// Rows that came together.
private struct RowBatch: Sendable {
    var rows: [PGRow] = []
    /// How the statement ended after them; `nil` if there may be more.
    var end: Result<Void, PGError>?
}

extension Traffic {
    /// Returns the rows that are there, or waits for one or the statement's end.
    fileprivate func rows(atMost count: Int) async throws -> RowBatch {
        var batch = RowBatch()
        while batch.rows.count < count {
            if PQisBusy(handle.pointer) == 1 {
                guard batch.rows.isEmpty else { break }
                try await receive()
                continue
            }
            guard let result = takeResult() else {
                batch.end = .success(())
                break
            }
            if let row = result.singleRow {
                batch.rows.append(row)
                continue
            }
            if let failure = result.failure {
                batch.end = .failure(handle.isAlive ? failure : handle.breakage(after: failure))
                break
            }
            if result.isCopy { throw PGError.copy }
        }
        return batch
    }
}
