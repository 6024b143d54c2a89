extension PGConnection {
    /// Runs one statement with parameters (libpq, `PQsendQueryParams`).
    ///
    /// ```swift
    /// let result = try await connection.query("select id, name from users where city = $1 and age > $2", "Turin", 30)
    /// for row in result.rows {
    ///     print(try row.decode(Int.self, "id"), try row.decodeIfPresent(String.self, "name") ?? "nameless")
    /// }
    /// ```
    ///
    /// A parameter stands where the statement says `$1`, `$2` and so on, and is never part of its text. It goes as text whose type the
    /// server infers from its place, unless it is bytes or a ``PGParameter`` that says otherwise; where nothing tells the type,
    /// cast: `$1::int8`.
    ///
    /// - Parameters:
    ///   - sql: One statement.
    ///   - parameters: The values of `$1`, `$2` and so on; nil is NULL.
    ///   - resultFormat: The form in which the server sends values; typed access reads either.
    /// - Returns: What the statement gave back.
    /// - Throws: ``PGRDSIAMError``: `queryFailed` with the SQLSTATE; `invalidStatement` for a NUL in `sql` or in a text, or more than
    ///   65,535 parameters; `copyNotPossible`; `closed`, also where ``close()`` ended the statement; `connectionFailed` where the
    ///   connection broke. `CancellationError` where the task was cancelled: a statement under way is stopped on the server, and
    ///   may or may not have taken effect; the connection can be used again, unless the server does not stop within 5 seconds, when
    ///   it is closed.
    public func query(
        _ sql: String,
        _ parameters: (any PGEncodable)?...,
        resultFormat: PGFormat = .text
    ) async throws -> PGResult {
        try await query(sql, parameters: parameters, resultFormat: resultFormat)
    }

    /// Runs one statement with an array of parameters.
    ///
    /// All else is as in ``query(_:_:resultFormat:)``.
    public func query(
        _ sql: String,
        parameters: [(any PGEncodable)?],
        resultFormat: PGFormat = .text
    ) async throws -> PGResult {
        let encoded = parameters.map { $0?.pgParameter ?? .null }
        let statement = try LibpqStatement(sql, encoded, resultFormat)
        guard let result = try await session.run(statement).last else {
            throw PGRDSIAMError(.connectionFailed, "The server sent no result.")
        }
        return result
    }

    /// Gives libpq's own connection to `body`, for COPY and whatever else libpq can do.
    ///
    /// No statement runs meanwhile. `body` is called on a thread of its own and may block; the connection is in blocking mode. Cancelling
    /// the task does not end `body`, and ``close()`` takes effect when it returns. What it leaves under way is stopped, as a cancelled
    /// statement is.
    ///
    /// - Parameter body: Must leave the connection open (no `PQfinish`), and not keep the pointer.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws; ``PGRDSIAMError`` with the code `closed`; `CancellationError` where the task was cancelled before
    ///   its turn came.
    public func withUnsafePGconn<Value: Sendable>(
        _ body: @escaping @Sendable (OpaquePointer) throws -> Value
    ) async throws -> Value {
        try await session.withPointer(body)
    }
}
