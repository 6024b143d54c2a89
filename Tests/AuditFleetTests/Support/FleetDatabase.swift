import AuditFleet
import Foundation
import LibpqClient
import PGRDSIAM
import Synchronization
import TestSupport

/// One server for the tests that do not kill it, and log in without tokens.
enum SharedServer {
    /// All tests connect at once, and the sessions of those that have closed their connections last a moment longer.
    private static let task = Task { try await RDSLookalike.start(["--postgres-option", "max_connections=400"]) }

    static var value: RDSLookalike { get async throws { try await task.value } }
}

/// A server for tests that log in with tokens, as these users.
enum TokenServer {
    private static let users = ["shipper_one", "auditor_one", "owner_one", "stranger_one"]
    private static let task = Task { try await start() }

    static var value: RDSLookalike { get async throws { try await task.value } }

    /// Starts one for a test that installs a fleet, beside which other tests' logins could fail.
    static func start() async throws -> RDSLookalike {
        try await RDSLookalike.start(users.flatMap { ["--user", $0] })
    }
}

/// Where the databases of the tests are made, as superuser.
///
/// `RDS_IAM_FLEET_SERVER="HOST PORT"` names a server of another version, which lets `postgres` in without a password.
/// Tests that log in with tokens are left out then.
enum TestServer {
    static let other = ProcessInfo.processInfo.environment["RDS_IAM_FLEET_SERVER"]?.split(separator: " ").map(
        String.init
    )

    static func parameters(_ server: RDSLookalike?) async throws -> [String: String] {
        if let server { return ["host": server.facts.socket, "port": "\(server.facts.port)"] }
        if let other, other.count == 2 { return ["host": other[0], "port": other[1]] }
        return try await parameters(SharedServer.value)
    }
}

/// A database of its own for one test, with a fleet that a user without special rights owns.
struct FleetDatabase: Sendable {
    /// The server, if tokens log in to it.
    let server: RDSLookalike?
    let name: String
    let owner: String

    private static let number = Mutex(0)
    private static let templates = Mutex<[[String: String]: Task<FleetDatabase, any Error>]>([:])

    /// Makes a database with a fleet in it, or an empty one whose owner may install one.
    static func make(on server: RDSLookalike? = nil, isInstalled: Bool = true) async throws -> FleetDatabase {
        let server = if server == nil && TestServer.other == nil { try await SharedServer.value } else { server }
        return try await isInstalled ? template(on: server).copy() : empty(on: server)
    }

    /// The server's one database in which a fleet was installed.
    ///
    /// The others are copies of it. Two installations at once change the server's catalogs so fast that sessions which
    /// have just begun are told of it by a signal, and PostgreSQL's LDAP client takes a signal for a failure: the
    /// look-alike then refuses good tokens.
    private static func template(on server: RDSLookalike?) async throws -> FleetDatabase {
        let parameters = try await TestServer.parameters(server)
        let task = templates.withLock { templates in
            if let task = templates[parameters] { return task }
            let task = Task {
                let database = try await empty(on: server)
                let connection = try await database.connection(as: database.owner)
                try await Fleet(connection).install()
                await connection.close()
                return database
            }
            templates[parameters] = task
            return task
        }
        return try await task.value
    }

    private static func empty(on server: RDSLookalike?) async throws -> FleetDatabase {
        let database = next(on: server, owner: nil)
        let superuser = try await database.connect(to: "postgres")
        if TestServer.other != nil {
            _ = try await superuser.query("DROP DATABASE IF EXISTS \(database.name)")
            _ = try await superuser.execute("DROP ROLE IF EXISTS \(database.owner)")
        }
        _ = try await superuser.execute("CREATE ROLE \(database.owner) CREATEROLE")
        _ = try await superuser.query("CREATE DATABASE \(database.name) OWNER \(database.owner)")
        await superuser.close()
        return database
    }

    private func copy() async throws -> FleetDatabase {
        let database = Self.next(on: server, owner: owner)
        let superuser = try await connect(to: "postgres")
        if TestServer.other != nil { _ = try await superuser.query("DROP DATABASE IF EXISTS \(database.name)") }
        _ = try await superuser.query("CREATE DATABASE \(database.name) OWNER \(owner) TEMPLATE \(name)")
        await superuser.close()
        return database
    }

    private static func next(on server: RDSLookalike?, owner: String?) -> FleetDatabase {
        let number = number.withLock { number in
            number += 1
            return number
        }
        return FleetDatabase(server: server, name: "fleet_\(number)", owner: owner ?? "owner_\(number)")
    }

    /// The server that tokens log in to.
    var lookalike: RDSLookalike {
        get throws {
            guard let server else { throw Missing(description: "a server that tokens log in to") }
            return server
        }
    }

    /// A connection as superuser.
    func connect(to database: String? = nil) async throws -> PGConnection {
        let mine = ["user": "postgres", "dbname": database ?? name, "connect_timeout": "120"]
        return try await PGConnection.connect(PGLogin(try await TestServer.parameters(server).merging(mine) { $1 }))
    }

    /// A connection that may do what a user may do, and no more.
    func connection(as user: String) async throws -> PGConnection {
        let connection = try await connect()
        _ = try await connection.execute("SET SESSION AUTHORIZATION \(user)")
        return connection
    }

    /// Makes a user who has a role.
    func user(with role: String) async throws -> String {
        let user = "\(role)_\(UUID().uuidString.prefix(8).lowercased())"
        try await forge("CREATE ROLE \(user)")
        try await grant(role, to: user)
        return user
    }

    /// Gives a role of the fleet to a user.
    ///
    /// Roles are the server's, and so all tests' of it: one grant at a time, as two of the same at once are an error.
    func grant(_ role: String, to user: String) async throws {
        try await forge(
            """
            BEGIN; LOCK TABLE pg_catalog.pg_auth_members IN SHARE ROW EXCLUSIVE MODE;
            GRANT audit_fleet_\(role) TO \(user); COMMIT
            """
        )
    }

    /// Runs SQL as superuser, as a forger with all rights would.
    @discardableResult
    func forge(_ sql: String) async throws -> [PGResult] {
        let connection = try await connect()
        let results = try await connection.execute(sql)
        await connection.close()
        return results
    }

    /// Ends all connections to the database but the one that asks.
    func cutConnections() async throws {
        try await forge(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            """
        )
    }

    /// The first field of the first row, asked for as superuser.
    func value(_ sql: String) async throws -> String? {
        try await forge(sql).last?.rows.first?.decodeIfPresent(String.self, at: 0)
    }

    /// How many shippers wait for a lock.
    func waitingShippers() async throws -> Int {
        let count = try await value(
            """
            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                AND wait_event_type = 'Lock' AND query LIKE '%audit_fleet.ship(%'
            """
        )
        return count.flatMap { Int($0) } ?? 0
    }

    /// The fleet as a reader sees it.
    func fleet() async throws -> Fleet { Fleet(try await connection(as: try await user(with: "reader"))) }

    /// Ships a log as one user, on a connection of its own.
    @discardableResult
    func ship(_ path: String, host: String = "app-1", as user: String) async throws -> Shipment {
        let connection = try await connection(as: user)
        defer { withExtendedLifetime(connection) {} }
        let shipment = try await LogShipper(path, host: host).ship(over: connection)
        await connection.close()
        return shipment
    }
}
