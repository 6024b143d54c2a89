import CLibpq

extension PGConnection {
    /// Sends bytes to `COPY … FROM STDIN` (libpq, `PQputCopyData`).
    ///
    /// ```swift
    /// let count = try await connection.copyIn("copy numbers from stdin", from: lines)
    /// ```
    ///
    /// If `chunks` throws or the task is canceled, the COPY is stopped and has no effect.
    ///
    /// - Parameters:
    ///   - sql: A `COPY … FROM STDIN`.
    ///   - chunks: The bytes, in the form that `sql` names, cut as you like.
    /// - Returns: How many rows were copied.
    /// - Throws: What `chunks` throws; what ``query(_:_:resultFormat:)-(String,_,_)`` throws; ``PGError`` with the code
    ///   `invalidStatement` if `sql` is no such COPY.
    @discardableResult
    public func copyIn<Chunks: AsyncSequence>(_ sql: String, from chunks: Chunks) async throws -> Int
    where Chunks.Element: Sequence<UInt8> {
        let statement = try Statement(sql)
        return try await session.withLease(isStreaming: true) { lease in
            try await lease.use { try await $0.begin(statement, as: PGRES_COPY_IN) }
            for try await chunk in chunks {
                let bytes = Array(chunk)
                try await lease.use { try await $0.putCopyData(bytes) }
            }
            try Task.checkCancellation()
            return try await lease.use { traffic in
                try await traffic.endCopy()
                return try await traffic.results().last?.affectedRows ?? 0
            }
        }
    }

    /// Receives the bytes of `COPY … TO STDOUT` (libpq, `PQgetCopyData`).
    ///
    /// ```swift
    /// try await connection.copyOut("copy numbers to stdout") { chunks in
    ///     for try await chunk in chunks { try file.write(chunk) }
    /// }
    /// ```
    ///
    /// The connection is busy until `body` returns, as in ``withRows(_:_:resultFormat:_:)-(String,_,_,_)``. If `body`
    /// returns before the last byte, the COPY is stopped on the server.
    ///
    /// - Parameters:
    ///   - sql: A `COPY … TO STDOUT`.
    ///   - body: Iterates over the bytes, once.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws; what ``query(_:_:resultFormat:)-(String,_,_)`` throws; ``PGError`` with the code
    ///   `invalidStatement` if `sql` is no such COPY.
    public func copyOut<Value>(_ sql: String, _ body: (PGCopyChunks) async throws -> Value) async throws -> Value {
        let statement = try Statement(sql)
        return try await session.withLease(isStreaming: true) { lease in
            try await lease.use { try await $0.begin(statement, as: PGRES_COPY_OUT) }
            return try await body(PGCopyChunks(lease: lease))
        }
    }
}

/// The bytes of a `COPY … TO STDOUT` as they come, in memory that does not grow with their number.
///
/// A chunk has one or more whole rows. Iterate over it once, within the closure that got it.
public struct PGCopyChunks: AsyncSequence, Sendable {
    /// The bytes of one or more rows.
    public typealias Element = [UInt8]

    /// The iterator.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let lease: Lease
        private var isAtEnd = false

        fileprivate init(lease: Lease) {
            self.lease = lease
        }

        /// The next bytes, or `nil` at the end.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            if isAtEnd { return nil }
            let chunk = try await lease.use { try await $0.copyChunk() }
            isAtEnd = chunk == nil
            return chunk
        }

        /// The next bytes, or `nil` at the end.
        public mutating func next() async throws -> [UInt8]? { try await next(isolation: nil) }
    }

    fileprivate let lease: Lease

    /// An iterator; make one only.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(lease: lease) }
}

extension Traffic {
    /// Sends a statement that must begin a COPY in one direction.
    fileprivate func begin(_ statement: Statement, as status: ExecStatusType) async throws {
        try await send(statement)
        guard let result = try await nextResult() else { throw handle.breakage() }
        if let failure = result.failure { throw handle.isAlive ? failure : handle.breakage(after: failure) }
        guard result.status == status else {
            throw PGError(
                .invalidStatement,
                "The statement is no COPY in this direction. Use query, copyIn or copyOut."
            )
        }
    }

    func putCopyData(_ bytes: [UInt8]) async throws {
        // libpq sends what its buffer holds beyond this size.
        for start in stride(from: 0, to: bytes.count, by: 1 << 20) {
            let part = bytes[start..<min(start + 1 << 20, bytes.count)]
            try await put { connection in
                part.withUnsafeBytes {
                    PQputCopyData(connection, $0.assumingMemoryBound(to: CChar.self).baseAddress, Int32($0.count))
                }
            }
            try await flush()
        }
    }

    /// Ends a COPY to the server (`PQputCopyEnd`).
    ///
    /// - Parameter reason: Why it must fail there, or `nil` if it is complete.
    func endCopy(refusing reason: String? = nil) async throws {
        try await put { PQputCopyEnd($0, reason) }
        try await flush()
    }

    private func put(_ call: (OpaquePointer) -> Int32) async throws {
        while true {
            switch call(handle.pointer) {
            case 1: return
            case 0: try await flush()
            default: throw handle.breakage()
            }
        }
    }

    /// Waits for one row of a COPY from the server, or returns `nil` at its end.
    func nextCopyData() async throws -> [UInt8]? {
        while true {
            switch takeCopyData() {
            case .bytes(let bytes): return bytes
            case .end: return nil
            case .nothingYet: try await receive()
            }
        }
    }

    /// Returns the rows that are there, up to some 64 KiB, or waits for one; `nil` at the end of a COPY that succeeded.
    fileprivate func copyChunk() async throws -> [UInt8]? {
        if let rows = try await copyRows() { return rows }
        _ = try await results()
        return nil
    }

    /// Does the same, without asking how the COPY ended.
    func copyRows() async throws -> [UInt8]? {
        guard var chunk = try await nextCopyData() else { return nil }
        while chunk.count < 1 << 16, case .bytes(let more) = takeCopyData() { chunk += more }
        return chunk
    }

    private enum CopyData {
        case bytes([UInt8])
        case end
        case nothingYet
    }

    private func takeCopyData() -> CopyData {
        var row: UnsafeMutablePointer<CChar>?
        let count = PQgetCopyData(handle.pointer, &row, 1)
        guard count > 0, let row else { return count == 0 ? .nothingYet : .end }
        defer { PQfreemem(row) }
        return .bytes(Array(UnsafeRawBufferPointer(start: row, count: Int(count))))
    }
}
