import Foundation
import LibpqClient
import TestSupport
import Testing

@Suite("Rows that are streamed", .timeLimit(.minutes(5)))
struct StreamingTests {
    @Test("come in order, in memory that does not grow with their number")
    func millions() async {
        await #expect(processExitsWith: .success) {
            let connection = try await Server.connect()
            let sql = "select n, repeat('x', 100) as filling from generate_series(1, $1::int) n"
            func sum(_ count: Int, _ format: PGFormat) async throws -> Int {
                try await connection.withRows(sql, count, resultFormat: format) { rows in
                    var sum = 0
                    for try await row in rows { sum += try row.decode(Int.self, at: 0) }
                    return sum
                }
            }
            for format in [PGFormat.text, .binary] {
                // What is allocated once is allocated here.
                #expect(try await sum(10_000, format) == 50_005_000)
                let before = peakMemory()
                #expect(try await sum(1_000_000, format) == 500_000_500_000)
                // All rows would take more than 100 million bytes.
                #expect(peakMemory() - before < 40_000_000)
            }
            #expect(try await connection.value("select 1") == 1)
        }
    }

    @Test(
        "are what the server sent, NULL and empty texts too, however many come together",
        arguments: [PGFormat.text, .binary]
    )
    func values(format: PGFormat) async throws {
        let connection = try await Server.connect()
        let sql = """
            select n, case n % 3 when 0 then null when 1 then '' else repeat('é', n % 50) end, 'b'::text \
            from generate_series(1, 5000) n
            """
        try await connection.withRows(sql, resultFormat: format) { rows in
            var count = 0
            for try await row in rows {
                count += 1
                #expect(try row.decode(Int.self, at: 0) == count)
                let expected = [nil, "", String(repeating: "é", count: count % 50)][count % 3]
                #expect(try row.decodeIfPresent(String.self, at: 1) == expected)
                #expect(try row["text"] == "b" && row.count == 3)
            }
            #expect(count == 5000)
        }
    }

    @Test("may have no columns")
    func columnless() async throws {
        let connection = try await Server.connect()
        let counts = try await connection.withRows("select from generate_series(1, 1000)") { rows in
            try await rows.reduce(into: [Int]()) { $0.append($1.count) }
        }
        #expect(counts == Array(repeating: 0, count: 1000))
    }

    @Test("can be kept after the statement has ended, in any order")
    func kept() async throws {
        let connection = try await Server.connect()
        let kept = try await connection.withRows("select n, repeat('x', n) from generate_series(1, 3000) n") { rows in
            try await rows.reduce(into: [PGRow]()) { if try $1.decode(Int.self, at: 0) % 100 == 0 { $0.append($1) } }
        }
        await connection.close()
        #expect(kept.count == 30)
        for row in kept.reversed() {
            #expect(try row.decode(String.self, at: 1).utf8.count == row.decode(Int.self, at: 0))
        }
    }

    @Test("that are long do not add up in memory")
    func long() async {
        await #expect(processExitsWith: .success) {
            let connection = try await Server.connect()
            func read(_ count: Int) async throws {
                try await connection.withRows("select repeat('x', 1000000) from generate_series(1, $1::int)", count) {
                    rows in
                    for try await row in rows { #expect(try row.field(0)?.bytes.count == 1_000_000) }
                }
            }
            try await read(20)
            let before = peakMemory()
            try await read(200)
            #expect(peakMemory() - before < 40_000_000)
        }
    }

    @Test("can be left before the end, and the connection can be used again")
    func leftEarly() async throws {
        let connection = try await Server.connect()
        let processID = try await connection.processID
        let first = try await connection.withRows("select generate_series(1, 100000000)") { rows in
            for try await row in rows { return try row.decode(Int.self, at: 0) }
            return 0
        }
        #expect(first == 1)
        #expect(try await connection.withRows("select 1") { _ in 7 } == 7)
        #expect(try await connection.processID == processID)
    }

    @Test("pass on what the body throws, and the server's error in the middle")
    func errors() async throws {
        struct Enough: Error {}
        let connection = try await Server.connect()
        await #expect(throws: Enough.self) {
            try await connection.withRows("select generate_series(1, 100000)") { rows in
                for try await _ in rows { throw Enough() }
            }
        }
        var count = 0
        let error = await #expect(throws: PGError.self) {
            try await connection.withRows("select 1 / (1000 - n) from generate_series(1, 2000) n") { rows in
                for try await _ in rows { count += 1 }
            }
        }
        #expect(error?.sqlState == "22012" && count == 999)
        #expect(try await connection.value("select 1") == 1)
    }

    @Test("stop when the task is canceled, and the server stops too")
    func canceled() async throws {
        let (connection, watcher) = (try await Server.connect(), try await Server.connect())
        let processID = try await connection.processID
        let task = Task {
            try await connection.withRows(
                "select n, pg_sleep(case when n > 10 then 90 else 0 end) from generate_series(1, 20) n"
            ) { rows in
                for try await _ in rows {}
            }
        }
        #expect(try await comesTrue { try await watcher.isAsleep(processID) })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.finished() }
        #expect(try await connection.processID == processID)
    }

    @Test("keep statements of other tasks waiting, and refuse those of their own")
    func busy() async throws {
        let connection = try await Server.connect()
        try await connection.withRows("select generate_series(1, 3)") { rows in
            #expect(try await code { _ = try await connection.query("select 1") } == .invalidStatement)
            let other = Task.detached { try await connection.value("select 2", as: Int.self) }
            var count = 0
            for try await _ in rows { count += 1 }
            #expect(count == 3)
            withExtendedLifetime(other) {}
        }
        #expect(try await connection.value("select 1") == 1)
    }

    @Test("are not given out after the closure has ended")
    func escaped() async throws {
        let connection = try await Server.connect()
        let rows = try await connection.withRows("select 1") { $0 }
        var iterator = rows.makeAsyncIterator()
        await #expect(throws: PGError.self) { _ = try await iterator.next() }
        #expect(try await connection.value("select 1") == 1)
    }

    @Test("end with an error if the server's process is killed")
    func killed() async throws {
        let server = try await RDSLookalike.start(["--restart"])
        let connection = try await server.connect()
        let processID = try #require(try await connection.processID)
        let error = await #expect(throws: PGError.self) {
            try await connection.withRows("select generate_series(1, 100000000)") { rows in
                var isFirst = true
                for try await _ in rows where isFirst {
                    kill(processID, SIGKILL)
                    isFirst = false
                }
            }
        }
        #expect(error?.code == .connectionFailed && error?.isRetryable == true)
        // A login that comes before the server has noticed ends with it once more.
        let isBack = try await comesTrue {
            guard (try? await connection.reset()) != nil else { return false }
            return (try? await connection.value("select 1", as: Int.self)) == 1
        }
        #expect(isBack)
    }
}

@Suite("A prepared statement", .timeLimit(.minutes(2)))
struct PreparedStatementTests {
    @Test("runs again and again, also streamed")
    func runs() async throws {
        let connection = try await Server.connect()
        let statement = try await connection.prepare("select $1::int + 1 as next")
        for number in 0..<100 {
            let result = try await connection.query(statement, number, resultFormat: .binary)
            #expect(try result.rows[0].decode(Int.self, "next") == number + 1)
        }
        let streamed = try await connection.withRows(statement, 41) { rows in
            try await rows.reduce(0) { try $0 + $1.decode(Int.self, at: 0) }
        }
        #expect(streamed == 42)
        #expect(try await connection.value("select count(*) from pg_prepared_statements") == 1)
        try await connection.deallocate(statement)
        #expect(try await connection.value("select count(*) from pg_prepared_statements") == 0)
    }

    @Test("takes types, and reports the server's error when it is prepared")
    func types() async throws {
        let connection = try await Server.connect()
        let statement = try await connection.prepare("select pg_typeof($1)::text", types: [.int2])
        #expect(try await connection.query(statement, 1).rows[0][0] == "smallint")
        let error = await #expect(throws: PGError.self) { try await connection.prepare("selec") }
        #expect(error?.sqlState == "42601")
    }

    @Test("is refused after a reset")
    func reset() async throws {
        let connection = try await Server.connect()
        let statement = try await connection.prepare("select 1")
        try await connection.reset()
        #expect(try await code { _ = try await connection.query(statement) } == .invalidStatement)
        #expect(try await code { try await connection.withRows(statement) { _ in } } == .invalidStatement)
        #expect(try await connection.value("select 1") == 1)
    }
}
