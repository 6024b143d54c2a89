import LibpqClient
import TestSupport
import Testing

@Suite("A transaction", .timeLimit(.minutes(3)))
struct TransactionTests {
    private struct Failure: Error {}

    /// A connection with a temporary table of numbers.
    private static func connect() async throws -> PGConnection {
        let connection = try await Server.connect()
        _ = try await connection.execute("create temp table numbers (n int unique deferrable initially deferred)")
        return connection
    }

    private static func numbers(_ connection: PGConnection) async throws -> [Int] {
        try await connection.value("select coalesce(array_agg(n order by n), '{}') from numbers") ?? []
    }

    @Test("commits when its body returns")
    func commits() async throws {
        let connection = try await Self.connect()
        let value = try await connection.transaction {
            _ = try await connection.query("insert into numbers values ($1)", 1)
            return 7
        }
        #expect(value == 7)
        #expect(try await Self.numbers(connection) == [1])
        #expect(try await connection.value("select pg_current_xact_id_if_assigned() is null") == true)
    }

    @Test("rolls back when its body throws, or a statement fails")
    func rollsBack() async throws {
        let connection = try await Self.connect()
        await #expect(throws: Failure.self) {
            try await connection.transaction {
                _ = try await connection.execute("insert into numbers values (1)")
                throw Failure()
            }
        }
        await #expect(throws: PGError.self) {
            try await connection.transaction {
                _ = try await connection.execute("insert into numbers values (1); selec")
            }
        }
        #expect(try await Self.numbers(connection) == [])
    }

    @Test("rolls back when the task is canceled, within a statement and between them", arguments: [true, false])
    func canceled(withinStatement: Bool) async throws {
        let (connection, watcher) = (try await Self.connect(), try await Server.connect())
        let processID = try await connection.processID
        let (events, inserted) = AsyncStream.makeStream(of: Bool.self)
        let task = Task {
            try await connection.transaction {
                _ = try await connection.execute("insert into numbers values (1)")
                inserted.yield(true)
                if withinStatement {
                    _ = try await connection.execute(longSleep)
                } else {
                    try? await Task.sleep(for: .seconds(90))
                }
            }
        }
        for await _ in events { break }
        if withinStatement { #expect(try await comesTrue { try await watcher.isAsleep(processID) }) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.finished() }
        #expect(try await Self.numbers(connection) == [])
        #expect(try await connection.processID == processID)
    }

    @Test("tells what the server did if it rolls back at the end")
    func failsAtCommit() async throws {
        let connection = try await Self.connect()
        let deferred = await #expect(throws: PGError.self) {
            try await connection.transaction { _ = try await connection.execute("insert into numbers values (1), (1)") }
        }
        #expect(deferred?.sqlState == "23505")
        let swallowed = await #expect(throws: PGError.self) {
            try await connection.transaction {
                _ = try? await connection.execute("insert into numbers values (1); select 1/0")
            }
        }
        #expect(swallowed?.code == .queryFailed)
        #expect(try await Self.numbers(connection) == [])
        #expect(try await connection.value("select 1") == 1)
    }

    @Test("within a transaction is a savepoint")
    func nested() async throws {
        let connection = try await Self.connect()
        try await connection.transaction {
            _ = try await connection.execute("insert into numbers values (1)")
            await #expect(throws: Failure.self) {
                try await connection.transaction {
                    _ = try await connection.execute("insert into numbers values (2)")
                    throw Failure()
                }
            }
            try await connection.transaction {
                _ = try await connection.execute("insert into numbers values (3)")
                try? await connection.transaction { _ = try await connection.execute("select 1/0") }
            }
        }
        #expect(try await Self.numbers(connection) == [1, 3])
    }

    @Test("takes in statements of child tasks, and keeps those of other tasks waiting")
    func others() async throws {
        let connection = try await Self.connect()
        let other = try await connection.transaction {
            let other = Task.detached { try await connection.query("insert into numbers values (100)") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<10 {
                    group.addTask { _ = try await connection.query("insert into numbers values ($1)", number) }
                }
                try await group.waitForAll()
            }
            #expect(try await Self.numbers(connection) == Array(0..<10))
            return other
        }
        _ = try await other.finished()
        #expect(try await Self.numbers(connection) == Array(0..<10) + [100])
    }

    @Test("takes isolation and access mode, streams rows, and copies")
    func options() async throws {
        let connection = try await Self.connect()
        let options = PGTransactionOptions(isolation: .serializable, isReadOnly: true)
        try await connection.transaction(options) {
            #expect(try await connection.value("show transaction_isolation") == "serializable")
            #expect(try await connection.value("show transaction_read_only") == "on")
            let sum = try await connection.withRows("select generate_series(1, 1000)") { rows in
                try await rows.reduce(0) { try $0 + $1.decode(Int.self, at: 0) }
            }
            #expect(sum == 500_500)
            let bytes = try await connection.copyOut("copy (select 7) to stdout") { chunks in
                try await chunks.reduce(into: []) { $0 += $1 }
            }
            #expect(bytes == Array("7\n".utf8))
        }
    }

    @Test("refuses a reset of its own connection, which would wait for its end")
    func resetWithin() async throws {
        let connection = try await Self.connect()
        try await connection.transaction {
            #expect(try await code { try await connection.reset() } == .invalidStatement)
            _ = try await connection.execute("insert into numbers values (1)")
        }
        #expect(try await Self.numbers(connection) == [1])
    }

    @Test("on a connection that breaks ends with an error")
    func broken() async throws {
        let (connection, killer) = (try await Self.connect(), try await Server.connect())
        let processID = try await connection.processID
        let error = await #expect(throws: PGError.self) {
            try await connection.transaction {
                _ = try await killer.query("select pg_terminate_backend($1, 60000)", processID)
                _ = try await connection.execute("select 1")
            }
        }
        #expect(error?.code == .connectionFailed)
        #expect(try await code { _ = try await connection.query("select 1") } == .closed)
    }
}
