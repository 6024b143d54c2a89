import CLibpq

/// How a transaction begins (PostgreSQL, "BEGIN").
public struct PGTransactionOptions: Sendable, Hashable {
    /// What a transaction sees of others that run at the same time.
    public struct Isolation: Sendable, Hashable {
        let sql: String

        /// Each statement sees what was committed before it began.
        public static let readCommitted = Self(sql: "read committed")
        /// All statements see what was committed before the first one.
        public static let repeatableRead = Self(sql: "repeatable read")
        /// As if transactions ran one after another; those that could not are rolled back with `40001`.
        public static let serializable = Self(sql: "serializable")
    }

    /// What it sees of others; `nil` for the server's default.
    package var isolation: Isolation?
    /// Whether it may only read; `nil` for the server's default.
    package var isReadOnly: Bool?

    /// Creates options.
    public init(isolation: Isolation? = nil, isReadOnly: Bool? = nil) {
        self.isolation = isolation
        self.isReadOnly = isReadOnly
    }

    fileprivate var begin: String {
        let isolation = isolation.map { " isolation level \($0.sql)" } ?? ""
        return "begin" + isolation + (isReadOnly.map { $0 ? " read only" : " read write" } ?? "")
    }
}

extension PGConnection {
    /// Runs `body` in a transaction: commits when it returns, rolls back when it throws or the task is canceled.
    ///
    /// ```swift
    /// try await connection.transaction {
    ///     _ = try await connection.query("update accounts set balance = balance - $1 where id = 1", amount)
    ///     _ = try await connection.query("update accounts set balance = balance + $1 where id = 2", amount)
    /// }
    /// ```
    ///
    /// Statements on this connection belong to the transaction if the task that runs `body`, or a child task, makes
    /// them; those of other tasks wait until it is over. A transaction within a transaction is a savepoint; options are
    /// for the outer one. The end itself is not canceled with the task: what this returns or throws is what the server
    /// did, unless the connection breaks.
    ///
    /// - Parameters:
    ///   - options: How it begins.
    ///   - body: The statements.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws; what ``query(_:_:resultFormat:)-(String,_,_)`` throws, `queryFailed` also if the
    ///   server rolled back because a statement had failed.
    public func transaction<Value>(
        _ options: PGTransactionOptions = PGTransactionOptions(),
        _ body: () async throws -> Value
    ) async throws -> Value {
        try await session.withLease(isStreaming: false) { lease in
            let savepoint = lease.depth == 0 ? nil : "savepoint_\(lease.depth)"
            do {
                _ = try await lease.use {
                    try await $0.run(Statement(savepoint.map { "savepoint \($0)" } ?? options.begin))
                }
            } catch let error as CancellationError {
                // The server may have begun it nevertheless. One savepoint more does no harm.
                if savepoint == nil { await Self.rollBack(lease, nil) }
                throw error
            }
            do {
                let value = try await body()
                try Task.checkCancellation()
                try await Self.commit(lease, savepoint)
                return value
            } catch {
                await Self.rollBack(lease, savepoint)
                throw error
            }
        }
    }

    private static func commit(_ lease: Lease, _ savepoint: String?) async throws {
        let statement = try Statement(savepoint.map { "release savepoint \($0)" } ?? "commit")
        let tag = try await lease.useUncanceled { try await $0.run(statement).last?.commandTag }
        guard savepoint == nil, tag == "ROLLBACK" else { return }
        throw PGError(
            .queryFailed,
            "The server rolled the transaction back, as one of its statements had failed. Look at that one's error."
        )
    }

    /// Rolls back; if that fails, the connection is broken, and the server rolls back by itself.
    private static func rollBack(_ lease: Lease, _ savepoint: String?) async {
        let sql = savepoint.map { "rollback to savepoint \($0); release savepoint \($0)" } ?? "rollback"
        do {
            let statement = try Statement(sql)
            try await lease.useUncanceled { traffic in
                // A commit that failed has ended it already.
                guard PQtransactionStatus(traffic.handle.pointer) != PQTRANS_IDLE else { return }
                _ = try await traffic.run(statement)
            }
        } catch {
            if savepoint == nil { lease.drop() }
        }
    }
}
