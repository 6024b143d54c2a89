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
        private let source: RowSource
        @usableFromInline var rest: Slice<PGResult.Rows>?

        fileprivate init(_ source: RowSource) {
            self.source = source
        }

        /// The next row, or `nil` at the end.
        @inlinable
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> PGRow? {
            if let row = rest?.popFirst() { return row }
            return try await fetch()
        }

        @usableFromInline
        mutating func fetch() async throws -> PGRow? {
            rest = try await source.fetch().map { $0[...] }
            return rest?.popFirst()
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
    /// with the code `invalidStatement`. If `body` returns before the last row, the statement is stopped on the server,
    /// and what it was to change may be undone.
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
            let source = RowSource(lease)
            let value = try await body(PGRowSequence(source: source))
            try source.throwFailure()
            return value
        }
    }
}

/// Fetches rows on the loop's thread, many at a time, as each visit there costs more than a row does.
private final class RowSource: Sendable {
    private let lease: Lease
    /// How the statement ended, until it has been told; `nil` while there may be more rows.
    private let end = Mutex<Result<Void, PGError>?>(nil)

    init(_ lease: Lease) {
        self.lease = lease
    }

    /// Returns the next rows, or `nil` at the end.
    func fetch() async throws -> PGResult.Rows? {
        try throwFailure()
        guard end.withLock({ $0 == nil }) else { return nil }
        let part = try await lease.use { try await $0.rows() }
        if let ended = part.end { end.withLock { $0 = ended } }
        if part.batch.isEmpty { try throwFailure() }
        return part.batch.result?.rows
    }

    /// Throws the server's error that came with the last rows, once.
    func throwFailure() throws {
        try end.withLock { end in
            defer { if end != nil { end = .success(()) } }
            return end
        }?.get()
    }
}

/// The rows that were there, and how the statement ended after them; `nil` if there may be more.
private struct StreamPart: Sendable {
    var batch = RowBatch()
    var end: Result<Void, PGError>?
}

extension Traffic {
    /// Returns the rows that are there, or waits for one or the statement's end.
    fileprivate func rows() async throws -> StreamPart {
        var part = StreamPart()
        while !part.batch.isFull, part.end == nil {
            if PQisBusy(handle.pointer) == 1 {
                guard !part.batch.isEmpty else {
                    try await receive()
                    continue
                }
                // The rows so far come before the error.
                do { if try !consumeIfReadable() { return part } } catch { part.end = .failure(error) }
                continue
            }
            switch try takeNext(addingRowsTo: &part.batch) {
            case .row: continue
            case .result(let result):
                if result.isCopy { throw PGError.copy }
                guard let failure = result.failure else { continue }
                part.end = .failure(handle.isAlive ? failure : handle.breakage(after: failure))
            case .end: part.end = .success(())
            }
        }
        return part
    }
}
