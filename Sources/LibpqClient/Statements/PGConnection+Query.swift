extension PGConnection {
    /// Runs one or more statements, separated by semicolons, in one go (libpq, `PQsendQuery`).
    ///
    /// - Returns: A result for each statement.
    /// - Throws: What ``query(_:_:resultFormat:)-(String,_,_)`` throws.
    public func execute(_ sql: String) async throws -> [PGResult] {
        let statement = try Statement(sql)
        return try await session.use { try await $0.run(statement) }
    }

    /// Runs one statement with parameters (libpq, `PQsendQueryParams`).
    ///
    /// ```swift
    /// let result = try await connection.query("select id, name from users where city = $1 and age > $2", "Turin", 30)
    /// for row in result.rows {
    ///     print(try row.decode(Int.self, "id"), try row.decodeIfPresent(String.self, "name") ?? "nameless")
    /// }
    /// ```
    ///
    /// A parameter stands where the statement says `$1`, `$2` and so on, and is never part of its text. It goes as text
    /// whose type the server infers from its place, unless it is bytes or a ``PGParameter`` that says otherwise. If
    /// nothing tells the type, cast: `$1::int8`.
    ///
    /// - Parameters:
    ///   - sql: One statement.
    ///   - parameters: The values of `$1`, `$2` and so on; `nil` is NULL.
    ///   - resultFormat: The form in which the server sends values; typed access reads either.
    /// - Returns: What the statement gave back.
    /// - Throws: ``PGError``: `queryFailed` with the server's message; `invalidStatement` for a NUL in `sql` or in a
    ///   text, or more than 65,535 parameters; `copyNotPossible`; `closed`, also if ``close()`` ended the statement;
    ///   `connectionFailed` if the connection broke. `CancellationError` if the task was canceled: a statement under
    ///   way is stopped on the server, and may or may not have taken effect. The connection can be used again, unless
    ///   the server does not stop within ten seconds: then it is closed.
    public func query(
        _ sql: String,
        _ parameters: (any PGEncodable)?...,
        resultFormat: PGFormat = .text
    ) async throws -> PGResult {
        try await query(sql, parameters: parameters, resultFormat: resultFormat)
    }

    /// Runs one statement with an array of parameters.
    ///
    /// All else is as in ``query(_:_:resultFormat:)-(String,_,_)``.
    public func query(
        _ sql: String,
        parameters: [(any PGEncodable)?],
        resultFormat: PGFormat = .text
    ) async throws -> PGResult {
        try await run(Statement(sql, parameters, resultFormat))
    }

    func run(_ statement: Statement) async throws -> PGResult {
        guard let result = try await session.use({ try await $0.run(statement) }).last else {
            throw PGError(.connectionFailed, "The server sent no result.")
        }
        return result
    }

    /// Gives libpq's own connection to `body`, for what this module does not offer.
    ///
    /// No statement runs at the same time. `body` is called on a thread of its own and may block; the connection is in
    /// blocking mode. Canceling the task does not end `body`, and ``close()`` takes effect when it returns. What it
    /// leaves under way is stopped, as a canceled statement is.
    ///
    /// - Parameter body: Must leave the connection open (no `PQfinish`), and not store the pointer.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws; ``PGError`` with the code `closed`; `CancellationError` if the task was canceled
    ///   before its turn came.
    package func withUnsafePGconn<Value: Sendable>(
        _ body: @escaping @Sendable (OpaquePointer) throws -> Value
    ) async throws -> Value {
        try await session.withPointer(body)
    }

    /// Returns a name as an identifier in SQL: in quotes, whatever characters it has.
    ///
    /// - Throws: ``PGError`` with the code `invalidStatement` for a NUL.
    public static func quoted(identifier name: String) throws -> String {
        guard !name.utf8.contains(0) else { throw PGError.nul("the identifier") }
        return "\"" + name.replacingBytes("\"", with: "\"\"") + "\""
    }
}
