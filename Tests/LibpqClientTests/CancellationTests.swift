import CLibpq
import Foundation
import LibpqClient
import TestSupport
import Testing

@Suite("Canceling a task", .timeLimit(.minutes(3)))
struct CancellationTests {
    @Test("stops a statement on the server, and the connection can be used again")
    func stops() async throws {
        let connection = try await Server.connect()
        let processID = try await connection.processID
        let task = Task { try await connection.query(longSleep) }
        let watcher = try await Server.connect()
        #expect(try await comesTrue { try await watcher.isAsleep(processID) })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.finished() }
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
        longSleep, "select 1", "select n from generate_series(1, 20000) n",
        "insert into scratch select n from generate_series(1, 1000) n; select pg_sleep(0.001)",
    ]

    private static func cancelAtRandom(_ count: Int) async throws {
        let connection = try await Server.connect()
        _ = try await connection.execute("create temp table scratch (n int)")
        let processID = try await connection.processID
        for round in 0..<count {
            let task = Task { try await connection.execute(statements[round % statements.count]) }
            // A random moment, which orders nothing.
            try await Task.sleep(for: .microseconds(Int.random(in: 0...3_000)))
            task.cancel()
            switch await task.result {
            case .success(let results): #expect(!results.isEmpty)
            case .failure(let error): #expect(error is CancellationError, "\(error)")
            }
            // A late cancel request would stop this one.
            #expect(try await connection.value("select $1::int", round) == round)
        }
        #expect(try await connection.processID == processID)
    }

    @Test("stops a statement while it is still being sent", arguments: 1...5)
    func whileSending(round: Int) async throws {
        let connection = try await Server.connect()
        let processID = try #require(try await connection.processID)
        let socket = try await connection.withUnsafePGconn { PQsocket($0) }
        let bytes = [UInt8](repeating: 7, count: 5_000_000)
        // The server does not read, so the statement does not fit into the socket.
        kill(processID, SIGSTOP)
        defer { kill(processID, SIGCONT) }
        let task = Task { try await connection.query("select pg_sleep(90), $1::bytea", bytes) }
        #expect(
            try await comesTrue {
                var entry = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
                return poll(&entry, 1, 0) == 0
            }
        )
        task.cancel()
        kill(processID, SIGCONT)
        await #expect(throws: CancellationError.self) { try await task.finished() }
        #expect(try await connection.processID == processID)
    }

    @Test("takes a waiting statement out of the queue, and those behind it still run")
    func whileWaiting() async throws {
        let connection = try await Server.connect()
        let first = connection.begin { try await connection.query(longSleep) }
        let waiting = connection.begin { try await connection.query("select 1") }
        let last = connection.begin { try await connection.value("select 2", as: Int.self) }
        await connection.untilAllWait()
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.finished() }
        first.cancel()
        #expect(try await last.finished() == 2)
    }

    @Test("before the call sends nothing")
    func beforehand() async throws {
        let connection = try await Server.connect()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await connection.query("create table never (n int)")
        }
        await #expect(throws: CancellationError.self) { try await task.finished() }
        #expect(try await connection.value("select to_regclass('never') is null") == true)
    }

    @Test("closes the connection if the server does not stop in time")
    func deafServer() async throws {
        var login = try await Server.shared.login()
        login.cancellationTimeout = .seconds(1)
        let connection = try await PGConnection.connect(login)
        let processID = try #require(try await connection.processID)
        let watcher = try await Server.connect()
        let task = Task { try await connection.query(longSleep) }
        #expect(try await comesTrue { try await watcher.isAsleep(processID) })
        kill(processID, SIGSTOP)
        defer { kill(processID, SIGCONT) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.finished() }
        #expect(try await code { _ = try await connection.query("select 1") } == .closed)
    }
}
