import Foundation
import PGRDSIAM
import TestSupport
import Testing

@Suite("Cancelling a task", .timeLimit(.minutes(3)))
struct CancellationTests {
    @Test("stops a statement on the server, and the connection can be used again")
    func stops() async throws {
        let connection = try await Server.connect()
        let processID = try await connection.processID
        let task = Task { try await connection.query("select pg_sleep(600)") }
        let watcher = try await Server.connect()
        #expect(try await comesTrue { try await watcher.isActive(processID) })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await connection.processID == processID)
    }

    @Test("at 1,000 random moments leaves the connections as they were")
    func randomMoments() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { try await Self.cancelAtRandom(250) } }
            try await group.waitForAll()
        }
    }

    private static let statements = [
        "select pg_sleep(600)", "select 1", "select n from generate_series(1, 20000) n",
        "insert into scratch select n from generate_series(1, 1000) n; select pg_sleep(0.001)",
    ]

    private static func cancelAtRandom(_ count: Int) async throws {
        let connection = try await Server.connect()
        _ = try await connection.execute("create temp table scratch (n int)")
        let processID = try await connection.processID
        for round in 0..<count {
            let task = Task { try await connection.execute(statements[round % statements.count]) }
            try await Task.sleep(for: .microseconds(Int.random(in: 0...3_000)))
            task.cancel()
            switch await task.result {
            case .success(let results): #expect(!results.isEmpty)
            case .failure(let error): #expect(error is CancellationError, "\(error)")
            }
            // A late request to stop would strike this one.
            #expect(try await connection.value("select $1::int", round) == round)
        }
        #expect(try await connection.processID == processID)
    }

    @Test("stops a statement while it is still being sent")
    func whileSending() async throws {
        let connection = try await Server.connect()
        let processID = try await connection.processID
        let bytes = [UInt8](repeating: 7, count: 5_000_000)
        for milliseconds in [0, 1, 2, 5, 10] {
            let task = Task { try await connection.query("select pg_sleep(600), $1::bytea", bytes) }
            try await Task.sleep(for: .milliseconds(milliseconds))
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(try await connection.processID == processID)
    }

    @Test("takes a waiting statement out of the queue, and the others keep their places")
    func whileWaiting() async throws {
        let connection = try await Server.connect()
        let first = Task { try await connection.query("select pg_sleep(600)") }
        try await Task.sleep(for: .milliseconds(100))
        let waiting = Task { try await connection.query("select 1") }
        let last = Task { try await connection.value("select 2", as: Int.self) }
        try await Task.sleep(for: .milliseconds(100))
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        first.cancel()
        #expect(try await last.value == 2)
    }

    @Test("before the call sends nothing")
    func beforehand() async throws {
        let connection = try await Server.connect()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await connection.query("create table never (n int)")
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await connection.value("select to_regclass('never') is null") == true)
    }

    @Test("closes the connection where the server does not stop in time")
    func deafServer() async throws {
        let connection = try await Server.connect()
        let processID = try #require(try await connection.processID)
        let watcher = try await Server.connect()
        let task = Task { try await connection.query("select pg_sleep(600)") }
        #expect(try await comesTrue { try await watcher.isActive(processID) })
        kill(processID, SIGSTOP)
        defer { kill(processID, SIGCONT) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await code { _ = try await connection.query("select 1") } == .closed)
    }
}

extension PGConnection {
    /// Whether the server's process is busy with a statement.
    func isActive(_ processID: Int32?) async throws -> Bool {
        try await value(
            "select exists (select from pg_stat_activity where pid = $1 and state = 'active' and wait_event = 'PgSleep')",
            processID
        ) ?? false
    }
}
