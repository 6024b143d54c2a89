import CLibpq
import Synchronization
import TestSupport
import Testing

@testable import PGRDSIAM

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
}
