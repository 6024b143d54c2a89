import Foundation
import Synchronization
import TestSupport
import Testing

@testable import LibpqClient

@Suite("What outlives its place on a connection", .timeLimit(.minutes(2)))
struct EscapeTests {
    @Test("a statement that waited within a transaction runs after it, in its own turn")
    func waitingStatement() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let connection = try await Server.connect()
                    for round in 0..<5 { try await Self.waitBehindCommit(connection, round) }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func waitBehindCommit(_ connection: PGConnection, _ round: Int) async throws {
        let held = Mutex<[Task<Int?, any Error>]>([])
        try await connection.transaction {
            let slow = Task { try await connection.value("select 1 from pg_sleep(0.4)", as: Int.self) }
            // It comes to the connection when the commit waits for the statement before it.
            let late = Task {
                try await Task.sleep(for: .milliseconds(200))
                return try await connection.value("select $1::int from pg_sleep(0.2)", round, as: Int.self)
            }
            held.withLock { $0 = [slow, late] }
            try await Task.sleep(for: .milliseconds(50))
        }
        let tasks = held.withLock { $0 }
        for number in 100..<110 { #expect(try await connection.value("select $1::int", number) == number) }
        #expect(try await tasks[0].finished() == 1)
        #expect(try await tasks[1].finished() == round)
    }

    @Test("rows that are being fetched when their closure ends take no rows of other statements")
    func fetchUnderWay() async throws {
        let connection = try await Server.connect()
        for round in 0..<5 {
            let held = Mutex<Task<[Int], any Error>?>(nil)
            try await connection.withRows("select n, pg_sleep(0.3) from generate_series(1, 3) n") { rows in
                let escaped = Task { () async throws -> [Int] in
                    var numbers: [Int] = []
                    do { for try await row in rows { numbers.append(try row.decode(Int.self, at: 0)) } } catch {}
                    return numbers
                }
                held.withLock { $0 = escaped }
                try await Task.sleep(for: .milliseconds(100))
            }
            for number in 100..<110 {
                let sum = number + round
                #expect(try await connection.value("select $1::int from pg_sleep(0.01)", sum) == sum)
            }
            let numbers = try await held.withLock { $0 }?.finished() ?? []
            #expect(numbers.allSatisfy { $0 <= 3 }, "\(numbers)")
        }
    }

    @Test("a transaction whose beginning is canceled is open no longer")
    func canceledBegin() async throws {
        let connection = try await Server.connect()
        let watcher = try await Server.connect()
        let processID = try #require(try await connection.processID)
        kill(processID, SIGSTOP)
        let task = connection.begin { try await connection.transaction {} }
        await connection.untilAllWait()
        task.cancel()
        try await Task.sleep(for: .milliseconds(300))
        kill(processID, SIGCONT)
        await #expect(throws: CancellationError.self) { try await task.finished() }
        let name = "kept_\(processID)"
        _ = try await connection.execute("create table \(name) (n int)")
        #expect(try await watcher.value("select to_regclass($1) is not null", name) == true)
    }

    @Test("listeners go on after a reset that ends a statement, or a transaction", arguments: [true, false])
    func resetUnderWay(withinTransaction: Bool) async throws {
        let (connection, watcher) = (try await Server.connect(), try await Server.connect())
        let processID = try await connection.processID
        var notifications = connection.notifications.makeAsyncIterator()
        let task = Task {
            if withinTransaction {
                try await connection.transaction { _ = try await connection.query(longSleep) }
            } else {
                _ = try await connection.query(longSleep)
            }
        }
        #expect(try await comesTrue { try await watcher.isAsleep(processID) })
        try await connection.reset()
        await #expect(throws: PGError.self) { try await task.finished() }
        _ = try await connection.execute("listen again; notify again, 'yes'")
        #expect(await notifications.next()?.payload == "yes")
    }

    @Test("a task that began in a transaction does not hold the connection open")
    func taskOfTransaction() async throws {
        let watcher = try await Server.connect()
        var connection: PGConnection? = try await Server.connect()
        let processID = try await connection?.processID
        let held = Mutex<Task<Void, any Error>?>(nil)
        try await connection?.transaction {
            let escaped = Task { try await Task.sleep(for: .seconds(600)) }
            held.withLock { $0 = escaped }
        }
        connection = nil
        #expect(try await comesTrue { try await !watcher.serves(processID) })
        held.withLock { $0 }?.cancel()
    }

    @Test("a script that begins replication is stopped")
    func replication() async throws {
        let connection = try await Server.connect(["replication": "database"])
        let processID = try await connection.execute("select pg_backend_pid()").last?.rows.first?[0]
        let failure = try await code {
            try await connection.runScript("START_REPLICATION PHYSICAL 0/1000000", copyIn: { nil }) { event in
                Issue.record("\(event)")
                throw CancellationError()
            }
        }
        #expect(failure == .copyNotPossible)
        let again = try await connection.execute("select pg_backend_pid()").last?.rows.first?[0]
        #expect(again == processID)
    }

    @Test("rows that were rolled back in the end are no success")
    func failsAtEnd() async throws {
        let connection = try await Server.connect()
        _ = try await connection.execute("create temp table numbers (n int unique deferrable initially deferred)")
        let error = await #expect(throws: PGError.self) {
            try await connection.withRows("insert into numbers values (1), (1) returning n") { rows in
                for try await row in rows { return try row.decode(Int.self, at: 0) }
                return 0
            }
        }
        #expect(error?.sqlState == "23505")
    }
}
