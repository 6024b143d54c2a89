import Foundation
import LibpqClient
import Synchronization
import TestSupport
import Testing

@Suite("A connection that ends", .timeLimit(.minutes(3)))
struct ClosingTests {
    @Test("by being closed fails the statement under way and those that wait")
    func closeUnderWay() async throws {
        let (connection, watcher) = (try await Server.connect(), try await Server.connect())
        let processID = try await connection.processID
        let tasks = (0..<5).map { _ in connection.begin { try await connection.query(longSleep) } }
        await connection.untilAllWait()
        #expect(try await comesTrue { try await watcher.isAsleep(processID) })
        await connection.close()
        for task in tasks { #expect(try await code { _ = try await task.finished() } == .closed) }
        await connection.close()
        #expect(try await code { _ = try await connection.execute("select 1") } == .closed)
    }

    #if os(Linux)
    @Test("by being closed while a canceled statement is being stopped does not wait for the server")
    func closeWhileStopping() async throws {
        let connection = try await Server.connect()
        let processID = try #require(try await connection.processID)
        let watcher = try await Server.connect()
        let task = Task { try await connection.query(longSleep) }
        #expect(try await comesTrue { try await watcher.isAsleep(processID) })
        kill(processID, SIGSTOP)
        defer { kill(processID, SIGCONT) }
        task.cancel()
        // The request to cancel has reached the server, whose process cannot act on it.
        #expect(try await comesTrue { try Self.hasPendingInterrupt(processID) })
        await connection.close()
        #expect(try await code { _ = try await task.finished() } == .closed)
    }

    /// Returns whether SIGINT waits for a process that is stopped (proc(5), `ShdPnd`).
    private static func hasPendingInterrupt(_ processID: Int32) throws -> Bool {
        let status = try String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("ShdPnd:") }
        let signals = line.flatMap { UInt64($0.split(separator: "\t").last ?? "", radix: 16) }
        return try #require(signals) & (1 << (UInt64(SIGINT) - 1)) != 0
    }
    #endif

    @Test("by losing its last reference closes its socket")
    func released() async throws {
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
        let task = Task { try await connection.query(longSleep) }
        #expect(try await comesTrue { try await watcher.isAsleep(processID) })
        _ = try await watcher.query("select pg_terminate_backend($1)", processID)
        let error = await #expect(throws: PGError.self) { try await task.finished() }
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
        let answers = connections.map { _ in Answers() }
        let load = zip(connections, answers).map { connection, answers in
            Task { try await Self.untilItFails(connection, answers) }
        }
        #expect(try await comesTrue { answers.allSatisfy { $0.count.load(ordering: .relaxed) >= 10 } })
        try await server.crash()
        for task in load {
            let error = try await task.finished()
            #expect([.connectionFailed, .closed].contains(error.code), "\(error)")
        }
        for connection in connections {
            #expect(try await code { _ = try await connection.query("select 1") } == .closed)
            #expect(try await comesTrue { (try? await connection.reset()) != nil })
            #expect(try await connection.value("select 1") == 1)
        }
    }

    /// How often a connection has been answered.
    private final class Answers: Sendable {
        let count = Atomic(0)
    }

    /// Queries, three at a time, until the first error.
    private static func untilItFails(_ connection: PGConnection, _ answers: Answers) async throws -> PGError {
        let error = await #expect(throws: PGError.self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 { group.addTask { try await withoutEnd(connection, answers) } }
                try await group.waitForAll()
            }
        }
        return try #require(error)
    }

    private static func withoutEnd(_ connection: PGConnection, _ answers: Answers) async throws {
        while true {
            _ = try await connection.query("select n, pg_sleep(0.001) from generate_series(1, 9) n")
            answers.count.add(1, ordering: .relaxed)
        }
    }
}
