import CLibpq
import Synchronization
import TestSupport
import Testing

@testable import LibpqClient

@Suite("COPY", .timeLimit(.minutes(2)))
struct CopyTests {
    @Test(
        "through a query is stopped, and the connection can be used again",
        arguments: [
            "copy numbers from stdin", "copy numbers to stdout",
            "copy (select n, repeat('x', 1000) from generate_series(1, 10000000) n) to stdout",
        ]
    )
    func refused(sql: String) async throws {
        let connection = try await Server.connect()
        let processID = try await connection.processID
        _ = try await connection.execute("create temp table numbers (n int); insert into numbers values (1)")
        #expect(try await code { _ = try await connection.query(sql) } == .copyNotPossible)
        #expect(try await code { _ = try await connection.execute("\(sql); select 1") } == .copyNotPossible)
        #expect(try await connection.value("select count(*) from numbers") == 1)
        #expect(try await connection.processID == processID)
    }

    @Test("that fails before the server has read its data gives no later statement the answer to another")
    func outOfStep() async throws {
        // The server has announced the COPY when the trigger runs, and has read nothing of what follows the statement.
        let setup = """
            create temp table numbers (n int);
            create function pg_temp.wait() returns trigger language plpgsql as $$
                begin perform pg_sleep(90); return null; end $$;
            create trigger late before insert on numbers for each statement execute function pg_temp.wait()
            """
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let connection = try await Server.connect()
                    for round in 0..<6 {
                        _ = try await connection.execute(setup)
                        let failure = try await code { _ = try await connection.query("copy numbers from stdin") }
                        #expect(failure == .copyNotPossible)
                        do {
                            #expect(try await connection.value("select $1::int", round) == round)
                            #expect(try await connection.value("select $1::int", -round) == -round)
                        } catch let error as PGError where error.code == .closed {}
                        try await connection.reset()
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("works with libpq's own calls")
    func throughPointer() async throws {
        let connection = try await Server.connect()
        _ = try await connection.execute("create temp table numbers (n int)")
        let sent = try await connection.withUnsafePGconn { pointer in
            PQclear(PQexec(pointer, "copy numbers from stdin"))
            for number in 1...100_000 {
                let line = "\(number)\n"
                guard PQputCopyData(pointer, line, Int32(line.utf8.count)) == 1 else { return false }
            }
            guard PQputCopyEnd(pointer, nil) == 1 else { return false }
            while let result = PQgetResult(pointer) { PQclear(result) }
            return true
        }
        #expect(sent)
        #expect(try await connection.value("select sum(n) from numbers") == 5_000_050_000)
    }

    @Test(
        "that libpq's own calls leave unfinished is stopped",
        arguments: ["copy (select 1) to stdout", longSleep]
    )
    func leftUnderWay(sql: String) async throws {
        let connection = try await Server.connect()
        let processID = try await connection.processID
        let accepted = try await connection.withUnsafePGconn { PQsendQuery($0, sql) == 1 }
        #expect(accepted)
        #expect(try await connection.processID == processID)
    }

    @Test("and other calls of a program may block, without holding up other connections")
    func blocking() async throws {
        let connections = try await withThrowingTaskGroup(of: PGConnection.self) { group in
            for _ in 0..<12 { group.addTask { try await Server.connect() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let (blocked, others) = (connections[0], connections.dropFirst())
        _ = try await connections[1].execute("select pg_advisory_lock(4711)")
        let blocking = Task {
            try await blocked.withUnsafePGconn { PQclear(PQexec($0, "select pg_advisory_lock(4711)")) }
        }
        let waits = "select exists (select from pg_locks where locktype = 'advisory' and objid = 4711 and not granted)"
        #expect(try await comesTrue { try await connections[1].value(waits) == true })
        for other in others { #expect(try await other.value("select 1") == 1) }
        _ = try await connections[1].execute("select pg_advisory_unlock(4711)")
        try await blocking.finished()
    }

    @Test("and other calls get a connection in blocking mode, which it leaves again after them")
    func blockingMode() async throws {
        struct Broken: Error {}
        let connection = try await Server.connect()
        let isNonBlocking = { connection.session.state.withLock { PQisnonblocking($0.handle?.pointer) } }
        #expect(isNonBlocking() == 1)
        #expect(try await connection.withUnsafePGconn { PQisnonblocking($0) } == 0)
        #expect(isNonBlocking() == 1)
        await #expect(throws: Broken.self) { try await connection.withUnsafePGconn { _ in throw Broken() } }
        #expect(isNonBlocking() == 1)
    }

    @Test("and other calls may throw, and break the connection")
    func throwing() async throws {
        struct Broken: Error {}
        let connection = try await Server.connect()
        let processID = try await connection.processID
        await #expect(throws: Broken.self) { try await connection.withUnsafePGconn { _ in throw Broken() } }
        #expect(try await connection.processID == processID)
        try await connection.withUnsafePGconn { pointer in
            PQclear(PQexec(pointer, "select pg_terminate_backend(pg_backend_pid())"))
        }
        #expect(try await code { _ = try await connection.query("select 1") } == .closed)
    }

    /// Chunks of a text.
    private static func chunks(_ count: Int) -> AsyncStream<[UInt8]> {
        AsyncStream { continuation in
            for start in stride(from: 0, to: count, by: 1000) {
                continuation.yield(Array((start..<min(start + 1000, count)).map { "\($0)\tx\n" }.joined().utf8))
            }
            continuation.finish()
        }
    }

    @Test("sends and receives bytes as async sequences")
    func sequences() async throws {
        let connection = try await Server.connect()
        _ = try await connection.execute("create temp table numbers (n int, t text)")
        #expect(try await connection.copyIn("copy numbers from stdin", from: Self.chunks(200_000)) == 200_000)
        #expect(try await connection.value("select sum(n) from numbers") == 19_999_900_000)
        let bytes = try await connection.copyOut("copy (select * from numbers order by n) to stdout") { chunks in
            try await chunks.reduce(into: []) { $0 += $1 }
        }
        #expect(bytes.count { $0 == 10 } == 200_000)
        #expect(bytes.starts(with: "0\tx\n1\tx\n".utf8))
        let empty = try await connection.copyOut("copy (select 1 where false) to stdout") { chunks in
            try await chunks.reduce(0) { $0 + $1.count }
        }
        #expect(empty == 0)
    }

    @Test("sends a chunk that is longer than libpq's buffer")
    func longChunk() async throws {
        let connection = try await Server.connect()
        _ = try await connection.execute("create temp table texts (t text)")
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        continuation.yield([UInt8](repeating: 0x78, count: 5_000_000) + [10])
        continuation.finish()
        #expect(try await connection.copyIn("copy texts from stdin", from: stream) == 1)
        #expect(try await connection.value("select length(t) from texts") == 5_000_000)
    }

    @Test("has no effect if the bytes end with an error, or the server refuses them")
    func incomplete() async throws {
        struct Broken: Error {}
        let connection = try await Server.connect()
        _ = try await connection.execute("create temp table numbers (n int, t text)")
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: [UInt8].self)
        continuation.yield(Array("1\tx\n".utf8))
        continuation.finish(throwing: Broken())
        await #expect(throws: Broken.self) { try await connection.copyIn("copy numbers from stdin", from: stream) }
        let (wrong, other) = AsyncStream.makeStream(of: [UInt8].self)
        other.yield(Array("no number\tx\n".utf8))
        other.finish()
        let error = await #expect(throws: PGError.self) {
            try await connection.copyIn("copy numbers from stdin", from: wrong)
        }
        #expect(error?.sqlState == "22P02")
        #expect(try await connection.value("select count(*) from numbers") == 0)
    }

    @Test("is stopped when the task is canceled, in either direction")
    func canceled() async throws {
        let connection = try await Server.connect()
        let processID = try await connection.processID
        _ = try await connection.execute("create temp table numbers (n int, t text)")
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        continuation.yield(Array("1\tx\n".utf8))
        let sending = Task { try await connection.copyIn("copy numbers from stdin", from: stream) }
        let watcher = try await Server.connect()
        let waits =
            "select exists (select from pg_stat_activity where pid = $1 and query like 'copy%' and state = 'active')"
        #expect(try await comesTrue { try await watcher.value(waits, processID) == true })
        sending.cancel()
        await #expect(throws: CancellationError.self) { try await sending.finished() }
        let (events, begun) = AsyncStream.makeStream(of: Bool.self)
        let receiving = Task {
            try await connection.copyOut("copy (select generate_series(1, 100000000)) to stdout") { chunks in
                for try await _ in chunks { begun.yield(true) }
            }
        }
        for await _ in events { break }
        receiving.cancel()
        await #expect(throws: CancellationError.self) { try await receiving.finished() }
        #expect(try await connection.value("select count(*) from numbers") == 0)
        #expect(try await connection.processID == processID)
    }

    @Test("can be left before the last byte, and must be one in that direction")
    func otherStatements() async throws {
        let connection = try await Server.connect()
        _ = try await connection.execute("create temp table numbers (n int, t text)")
        try await connection.copyOut("copy (select generate_series(1, 1000000)) to stdout") { chunks in
            for try await _ in chunks { return }
        }
        for sql in ["select 1", "copy numbers from stdin"] {
            #expect(try await code { try await connection.copyOut(sql) { _ in } } == .invalidStatement)
        }
        for sql in ["select 1", "copy numbers to stdout", "create temp table other (n int)"] {
            let chunks = Self.chunks(0)
            #expect(try await code { try await connection.copyIn(sql, from: chunks) } == .invalidStatement)
        }
        #expect(try await code { try await connection.copyOut("copy none to stdout") { _ in } } == .queryFailed)
        #expect(try await connection.value("select 1") == 1)
    }
}
