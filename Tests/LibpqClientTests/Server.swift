import Foundation
import TestSupport

@testable import LibpqClient

/// One server for all tests that do not stop it.
enum Server {
    private static let task = Task {
        try await RDSLookalike.start(["--password-user", "anna:geheim", "--postgres-option", "max_connections=400"])
    }

    static var shared: RDSLookalike {
        get async throws { try await task.value }
    }

    /// Connects as superuser.
    static func connect(_ more: [String: String] = [:]) async throws -> PGConnection {
        try await shared.connect(more)
    }
}

extension RDSLookalike {
    /// The login of the superuser over the server's Unix-domain socket.
    func login(_ more: [String: String] = [:]) -> PGLogin {
        let parameters = ["host": facts.socket, "port": "\(facts.port)", "user": "postgres", "dbname": "postgres"]
        var login = PGLogin(parameters.merging(more) { $1 })
        // All tests run at once, perhaps on a busy machine.
        login.cancellationTimeout = .seconds(60)
        return login
    }

    /// Connects as superuser over the server's Unix-domain socket.
    func connect(_ more: [String: String] = [:]) async throws -> PGConnection {
        try await PGConnection.connect(login(more))
    }

    /// The login of the user with a password, over TCP and TLS.
    func passwordLogin(_ more: [String: String] = [:]) -> PGLogin {
        let parameters = [
            "host": facts.host, "hostaddr": facts.hostaddr, "port": "\(facts.port)", "user": "anna",
            "password": "geheim", "dbname": "postgres", "sslmode": "verify-full", "sslrootcert": facts.ca,
        ]
        var login = PGLogin(parameters.merging(more) { $1 })
        // All tests run at once, perhaps on a busy machine.
        login.cancellationTimeout = .seconds(60)
        return login
    }
}

extension PGConnection {
    /// The first field of the first row.
    func value<Value: PGDecodable>(
        _ sql: String,
        _ parameters: (any PGEncodable)?...,
        as type: Value.Type = Value.self
    ) async throws -> Value? {
        try await query(sql, parameters: parameters).rows.first?.decodeIfPresent(type, at: 0)
    }

    /// The number of the server's process, as the server says now.
    var processID: Int32? {
        get async throws { try await value("select pg_backend_pid()") }
    }

    /// Returns whether a process of the server is in `pg_sleep`.
    func isAsleep(_ processID: Int32?) async throws -> Bool {
        try await value(
            "select exists (select from pg_stat_activity where pid = $1 and state = 'active' and wait_event = 'PgSleep')",
            processID
        ) ?? false
    }

    /// Returns whether the server has a process of that number for a connection.
    func serves(_ processID: Int32?) async throws -> Bool {
        try await value("select exists (select from pg_stat_activity where pid = $1)", processID) ?? false
    }

    /// Begins a task on the thread of the connection's loop, which runs tasks in the order in which they begin.
    func begin<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) -> Task<Value, any Error> {
        Task(executorPreference: session.loop, operation: body)
    }

    /// Returns when every task that ``begin(_:)`` has made waits for something: its turn, or the server.
    func untilAllWait() async { await Task(executorPreference: session.loop) {}.value }
}

/// A statement that takes longer than every wait of these tests, and less time than their limits.
let longSleep = "select pg_sleep(90)"

/// Returns the code of the error that `body` throws, or `nil` if it throws none.
func code(_ body: () async throws -> Void) async throws -> PGError.Code? {
    do {
        try await body()
        return nil
    } catch let error as PGError {
        return error.code
    }
}
