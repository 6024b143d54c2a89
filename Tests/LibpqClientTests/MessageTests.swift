import Foundation
import LibpqClient
import TestSupport
import Testing

@Suite("What the server sends unasked", .timeLimit(.minutes(2)))
struct MessageTests {
    private static let raise = """
        do $$ begin
            raise notice 'first' using detail = 'more', hint = 'less';
            raise warning 'second' using errcode = '01ABC';
        end $$
        """

    @Test("reaches a listener with severity, SQLSTATE, detail and hint")
    func notices() async throws {
        let connection = try await Server.connect()
        var notices = connection.notices.makeAsyncIterator()
        _ = try await connection.execute(Self.raise)
        let first = try #require(await notices.next())
        #expect(first.severity == "NOTICE" && first.sqlState == "00000" && first.message == "first")
        #expect(first.detail == "more" && first.hint == "less")
        let second = try #require(await notices.next())
        #expect(second.severity == "WARNING" && second.sqlState == "01ABC" && second.message == "second")
        #expect(second.detail == nil && second.hint == nil)
        await connection.close()
        #expect(await notices.next() == nil)
    }

    @Test("arrives while nothing is under way, in order, 10,000 times")
    func manyNotifications() async throws {
        let (listener, sender) = (try await Server.connect(), try await Server.connect())
        let notifications = listener.notifications
        _ = try await listener.execute("listen many")
        let received = Task { await notifications.prefix(10_000).reduce(into: []) { $0.append($1.payload) } }
        _ = try await sender.execute("select pg_notify('many', n::text) from generate_series(1, 10000) n")
        #expect(try await received.finished() == (1...10_000).map(String.init))
        _ = try await sender.execute("notify many")
        #expect(try await listener.value("select 1") == 1)
    }

    @Test("arrives between statements, which are not held up")
    func besideStatements() async throws {
        let (listener, sender) = (try await Server.connect(), try await Server.connect())
        let notifications = listener.notifications
        _ = try await listener.execute("listen besides")
        let received = Task { await notifications.prefix(500).reduce(into: Set<String>()) { $0.insert($1.payload) } }
        let sending = Task {
            for number in 0..<500 { _ = try await sender.query("select pg_notify('besides', $1)", "\(number)") }
        }
        for number in 0..<500 { #expect(try await listener.value("select $1::int", number) == number) }
        try await sending.finished()
        #expect(try await received.finished().count == 500)
        let senderID = try await sender.processID
        #expect(senderID != nil)
    }

    @Test("arrives after a program's own calls, without a statement and although others begin to listen")
    func besideOwnCalls() async throws {
        let (listener, sender) = (try await Server.connect(), try await Server.connect())
        var notifications = listener.notifications.makeAsyncIterator()
        _ = try await listener.execute("listen own")
        for number in 0..<300 {
            let late = listener.notifications
            let other = Task { await late.first { $0.payload == "\(number)" } }
            let calls = Task { try await listener.withUnsafePGconn { _ in } }
            _ = try await sender.query("select pg_notify('own', $1)", "\(number)")
            #expect(await notifications.next()?.payload == "\(number)")
            try await calls.finished()
            other.cancel()
        }
    }

    @Test("reaches every listener, from the moment when it began to listen")
    func severalListeners() async throws {
        let connection = try await Server.connect()
        var (one, two) = (connection.notifications.makeAsyncIterator(), connection.notifications.makeAsyncIterator())
        _ = try await connection.execute("listen shared; notify shared, 'a'")
        var three = connection.notifications.makeAsyncIterator()
        _ = try await connection.execute("notify shared, 'b'")
        #expect([await one.next()?.payload, await one.next()?.payload] == ["a", "b"])
        #expect([await two.next()?.payload, await two.next()?.payload] == ["a", "b"])
        let late = try #require(await three.next())
        #expect(late.channel == "shared" && late.payload == "b")
        #expect(try await connection.processID == late.processID)
    }

    @Test("stops for a task that is canceled, and for no other")
    func cancelled() async throws {
        let connection = try await Server.connect()
        var other = connection.notifications.makeAsyncIterator()
        let notifications = connection.notifications
        let waiting = connection.begin { await notifications.reduce(0) { count, _ in count + 1 } }
        await connection.untilAllWait()
        waiting.cancel()
        #expect(try await waiting.finished() == 0)
        _ = try await connection.execute("listen still; notify still")
        #expect(await other.next()?.channel == "still")
    }

    @Test("ends when the connection is closed, or breaks, also while nothing is under way", arguments: [true, false])
    func ends(byClosing: Bool) async throws {
        let connection = try await Server.connect()
        let processID = try await connection.processID
        let (notices, notifications) = (connection.notices, connection.notifications)
        let waiting = [
            connection.begin { await notifications.reduce(0) { count, _ in count + 1 } },
            // The server may say why it ends the connection.
            connection.begin { await notices.reduce(0) { count, _ in count + 1 } * 0 },
        ]
        await connection.untilAllWait()
        if byClosing {
            await connection.close()
        } else {
            _ = try await Server.connect().query("select pg_terminate_backend($1)", processID)
        }
        for task in waiting { #expect(try await task.finished() == 0) }
        #expect(try await code { _ = try await connection.query("select 1") } == .closed)
        var late = connection.notifications.makeAsyncIterator()
        #expect(await late.next() == nil)
    }

    @Test("goes on after a reset for sequences that were waiting")
    func reset() async throws {
        let connection = try await Server.connect()
        var notifications = connection.notifications.makeAsyncIterator()
        try await connection.reset()
        _ = try await connection.execute("listen after_reset; notify after_reset, 'yes'")
        #expect(await notifications.next()?.payload == "yes")
        _ = try await Server.connect().execute("notify after_reset, 'later'")
        #expect(await notifications.next()?.payload == "later")
    }

    @Test("keeps the connection open while a sequence exists, and no longer")
    func lifetime() async throws {
        var connection: PGConnection? = try await Server.connect()
        let processID = try await connection?.processID
        _ = try await connection?.execute("listen life")
        var listener = connection?.notifications.makeAsyncIterator()
        let watcher = try await Server.connect()
        connection = nil
        _ = try await watcher.execute("notify life")
        #expect(await listener?.next()?.channel == "life")
        listener = nil
        #expect(try await comesTrue { try await !watcher.serves(processID) })
    }

    @Test("is dropped safely if a result outlives its connection")
    func lateNotice() async throws {
        let connection = try await Server.connect()
        let result = try await connection.query("select 1")
        await connection.close()
        // libpq warns of such columns through the notice receiver of the connection that made the result.
        #expect(try await code { _ = try result.rows[0][7] } == .unknownColumn)
        #expect(try await code { _ = try result.rows[0]["none"] } == .unknownColumn)
    }
}
