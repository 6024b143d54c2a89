import RDSIAMSystem
import Synchronization

/// A statement that the server has parsed, and that can be run again and again on its connection.
public struct PGPreparedStatement: Sendable {
    /// Its name on the server.
    package let name: String
    /// Its text.
    package let sql: String
    /// Which connection of the session it belongs to.
    let generation: Int
}

extension PGConnection {
    private static let lastNumber = Atomic<UInt64>(0)

    /// Prepares a statement (libpq, `PQsendPrepare`); ``reset()`` ends it, and so does ``deallocate(_:)``.
    ///
    /// ```swift
    /// let insert = try await connection.prepare("insert into log (at, what) values (now(), $1)")
    /// for line in lines { _ = try await connection.query(insert, line) }
    /// ```
    ///
    /// - Parameters:
    ///   - sql: One statement.
    ///   - types: The types of `$1`, `$2` and so on; the server infers those that are missing.
    /// - Throws: What ``query(_:_:resultFormat:)-(String,_,_)`` throws.
    public func prepare(_ sql: String, types: [PGType] = []) async throws -> PGPreparedStatement {
        let name = "statement_\(Self.lastNumber.wrappingAdd(1, ordering: .relaxed).newValue)"
        let generation = session.state.withLock { $0.generation }
        _ = try await run(Statement(preparing: sql, as: name, types: types))
        return PGPreparedStatement(name: name, sql: sql, generation: generation)
    }

    /// Runs a prepared statement (libpq, `PQsendQueryPrepared`).
    ///
    /// All else is as in ``query(_:_:resultFormat:)-(String,_,_)``.
    ///
    /// - Throws: Also ``PGError`` with the code `invalidStatement` if the connection has been reset since.
    public func query(
        _ statement: PGPreparedStatement,
        _ parameters: (any PGEncodable)?...,
        resultFormat: PGFormat = .text
    ) async throws -> PGResult {
        try await query(statement, parameters: parameters, resultFormat: resultFormat)
    }

    /// Runs a prepared statement with an array of parameters.
    public func query(
        _ statement: PGPreparedStatement,
        parameters: [(any PGEncodable)?],
        resultFormat: PGFormat = .text
    ) async throws -> PGResult {
        try check(statement)
        return try await run(Statement(prepared: statement.name, parameters, resultFormat))
    }

    /// Makes the server forget a prepared statement.
    public func deallocate(_ statement: PGPreparedStatement) async throws {
        try check(statement)
        _ = try await execute("deallocate \(statement.name)")
    }

    func check(_ statement: PGPreparedStatement) throws(PGError) {
        guard statement.generation == session.state.withLock({ $0.generation }) else {
            throw PGError(
                .invalidStatement,
                "The statement was prepared on a connection that has been reset since. Prepare it again."
            )
        }
    }
}
