import Foundation
import PGRDSIAM
import TestSupport
import Testing

@Suite("A connection that ends", .timeLimit(.minutes(3)))
struct ClosingTests {
    @Test("by being closed fails the statement under way and those that wait")
    func closeUnderWay() async throws {
        let connection = try await Server.connect()
        let tasks = (0..<5).map { _ in Task { try await connection.query("select pg_sleep(600)") } }
        try await Task.sleep(for: .milliseconds(100))
        await connection.close()
        for task in tasks { #expect(try await code { _ = try await task.value } == .closed) }
        await connection.close()
        #expect(try await code { _ = try await connection.execute("select 1") } == .closed)
    }

    @Test("by being closed while a cancelled statement is being stopped does not wait for the server")
    func closeWhileStopping() async throws {
        let connection = try await Server.connect()
        let processID = try #require(try await connection.processID)
        let watcher = try await Server.connect()
        let task = Task { try await connection.query("select pg_sleep(600)") }
        #expect(try await comesTrue { try await watcher.isActive(processID) })
        kill(processID, SIGSTOP)
        defer { kill(processID, SIGCONT) }
        task.cancel()
        try await Task.sleep(for: .milliseconds(100))
        await connection.close()
        #expect(try await code { _ = try await task.value } == .closed)
    }

    @Test("by being let go of closes its socket")
    func letGo() async throws {
        let watcher = try await Server.connect()
        var connection: PGConnection? = try await Server.connect()
        let processID = try await connection?.processID
        #expect(try await watcher.serves(processID))
        connection = nil
        #expect(try await comesTrue { try await !watcher.serves(processID) })
    }

    @Test("because the server ends it says what the server said, and stays closed until it is reset")
    func terminated() async throws {
        let connection = try await Server.connect()
        let processID = try await connection.processID
        let watcher = try await Server.connect()
        let task = Task { try await connection.query("select pg_sleep(600)") }
        #expect(try await comesTrue { try await watcher.isActive(processID) })
        _ = try await watcher.query("select pg_terminate_backend($1)", processID)
        let error = await #expect(throws: PGRDSIAMError.self) { try await task.value }
        #expect(error?.code == .connectionFailed)
        #expect(error?.sqlState == "57P01")
        #expect(try await code { _ = try await connection.query("select 1") } == .closed)
        try await connection.reset()
        #expect(try await connection.value("select 1") == 1)
        #expect(try await connection.processID != processID)
    }

    @Test("because the server ended it while idle fails the next statement")
    func terminatedWhileIdle() async throws {
        let connection = try await Server.connect()
        let watcher = try await Server.connect()
        let processID = try await connection.processID
        _ = try await watcher.query("select pg_terminate_backend($1, 60000)", processID)
        #expect(try await code { _ = try await connection.query("select 1") } == .connectionFailed)
        #expect(try await code { _ = try await connection.query("select 1") } == .closed)
    }

    @Test("because the server is killed under load ends every statement, and reset brings it back")
    func killedUnderLoad() async throws {
        let server = try await RDSLookalike.start(["--restart"])
        let connections = try await withThrowingTaskGroup(of: PGConnection.self) { group in
            for _ in 0..<8 { group.addTask { try await server.connect() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let load = connections.map { connection in Task { try await Self.untilItFails(connection) } }
        try await Task.sleep(for: .milliseconds(300))
        try await server.crash()
        for task in load {
            let error = try await task.value
            #expect([.connectionFailed, .closed].contains(error.code), "\(error)")
        }
        for connection in connections {
            #expect(try await code { _ = try await connection.query("select 1") } == .closed)
            #expect(try await comesTrue { (try? await connection.reset()) != nil })
            #expect(try await connection.value("select 1") == 1)
        }
    }

    /// Queries, three at a time, until the first error.
    private static func untilItFails(_ connection: PGConnection) async throws -> PGRDSIAMError {
        let error = await #expect(throws: PGRDSIAMError.self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 { group.addTask { try await withoutEnd(connection) } }
                try await group.waitForAll()
            }
        }
        return try #require(error)
    }

    private static func withoutEnd(_ connection: PGConnection) async throws {
        while true { _ = try await connection.query("select n, pg_sleep(0.001) from generate_series(1, 9) n") }
    }
}

extension PGConnection {
    /// Whether the server has a process of that number for some connection.
    func serves(_ processID: Int32?) async throws -> Bool {
        try await value("select exists (select from pg_stat_activity where pid = $1)", processID) ?? false
    }
}
