import AuthTokens
import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Searching", .timeLimit(.minutes(2)))
struct QueryTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout AuditFilter) -> Void
        let matches: @Sendable (AuditRecord) -> Bool
    }

    static let cases = [
        Case(testDescription: "all") { _ in
        } matches: { _ in
            true
        },
        Case(testDescription: "user") {
            $0.user = "user3"
        } matches: {
            $0.target?.user == "user3"
        },
        Case(testDescription: "host") {
            $0.host = "b.example.com"
        } matches: {
            $0.target?.host == "b.example.com"
        },
        Case(testDescription: "user and host") {
            $0.user = "user3"
            $0.host = "a.example.com"
        } matches: {
            $0.target?.user == "user3" && $0.target?.host == "a.example.com"
        },
        Case(testDescription: "generator") {
            $0.generator = "dsql"
        } matches: {
            $0.generator == "dsql"
        },
        Case(testDescription: "activity") {
            $0.activity = .refuse
        } matches: {
            $0.activity == .refuse
        },
        Case(testDescription: "outcome") {
            $0.outcome = .failure
        } matches: {
            $0.outcome == .failure
        },
        Case(testDescription: "since") {
            $0.since = Events.start + 100
        } matches: {
            $0.time >= Events.start + 100
        },
        Case(testDescription: "until") {
            $0.until = Events.start + 100
        } matches: {
            $0.time < Events.start + 100
        },
        Case(testDescription: "time and generator") {
            $0.since = Events.start + 20
            $0.until = Events.start + 120
            $0.generator = "dsql"
        } matches: {
            $0.time >= Events.start + 20 && $0.time < Events.start + 120 && $0.generator == "dsql"
        },
        Case(testDescription: "fingerprint") {
            $0.fingerprint = Events.fingerprint(5).uppercased()
        } matches: {
            $0.token?.fingerprint == Events.fingerprint(5)
        },
        Case(testDescription: "access key") {
            $0.accessKeyID = "AKIDEXAMPLE"
        } matches: {
            $0.credential?.accessKeyID == "AKIDEXAMPLE"
        },
        Case(testDescription: "profile") {
            $0.profile = "dev"
        } matches: {
            $0.credential?.profile == "dev"
        },
        Case(testDescription: "source") {
            $0.credentialSource = "imds"
        } matches: { _ in
            false
        },
        Case(testDescription: "SQL in the value") {
            $0.user = "' OR 1=1 --"
        } matches: { _ in
            false
        },
    ]

    /// In one transaction: on a busy disk each takes its time.
    static func write(to path: String) throws {
        let committer = try Committer(path: path, configuration: Logs.bare)
        try committer.transaction(until: .now + .seconds(60)) {
            for number in 0..<150 {
                let event = event(number)
                try committer.store.append(AuditRecord(event, by: Logs.actor).payload.utf8)
            }
        }
    }

    private static func event(_ number: Int) -> TokenEvent {
        if number % 11 == 0 { return Events.refuse(user: "user\(number % 7)") }
        return Events.issue(
            number % 50,
            user: "user\(number % 7)",
            host: number.isMultiple(of: 3) ? "a.example.com" : "b.example.com",
            generator: number.isMultiple(of: 5) ? "dsql" : "default",
            at: Events.start + Double(number)
        )
    }

    @Test("a search finds exactly what matches, newest first, page by page", arguments: cases)
    func search(search: Case) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try Self.write(to: path)
        let expected = try await Logs.entries(of: path)
            .filter { $0.record.map(search.matches) ?? false }
            .sorted { $0.sequence > $1.sequence }
        var filter = AuditFilter()
        search.change(&filter)
        let connection = try ReadOnlyFile(path: path).open(limit: .seconds(10))
        for (limit, stride) in [(1000, 20_000), (7, 20_000), (7, 10)] {
            var found: [AuditEntry] = []
            var cursor: AuditCursor?
            repeat {
                let query = EntryQuery(filter: filter, stride: Int64(stride))
                let page = try query.page(on: connection, after: cursor, limit: limit)
                #expect(page.entries.count <= limit)
                found += page.entries
                cursor = try page.next.map { try #require(AuditCursor($0.description)) }
            } while cursor != nil
            #expect(found == expected)
        }
    }

    @Test(
        "a search uses an index for user, host, fingerprint and access key, and sorts nothing",
        arguments: ["user", "server", "fingerprint", "access_key", "all"]
    )
    func plan(what: String) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try await Logs.write(1, to: path)
        var filter = AuditFilter()
        if what == "user" { filter.user = "u" }
        if what == "server" { filter.host = "h" }
        if what == "fingerprint" { filter.fingerprint = "f" }
        if what == "access_key" { filter.accessKeyID = "a" }
        let plan = try EntryQuery(filter: filter).plan(on: ReadOnlyFile(path: path).open(limit: .seconds(10)))
        func index(_ name: String) -> String {
            "SEARCH event USING INDEX event_by_\(name) (<expr>=? AND rowid>? AND rowid<?)"
        }
        let expected =
            switch what {
            case "all": ["SEARCH event USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"]
            // The endpoint that was dialed, and the endpoint that the token is good for if it is another.
            case "server": [index("server"), index("signing_server")]
            default: [index(what)]
            }
        // SQLite names the table "event" or "main.event", by version.
        let lines = plan.map { $0.replacing("main.event", with: "event") }
        #expect(lines == expected)
    }

    @Test("a payload that is no longer JSON stops no search and is shown as it is")
    func brokenPayload() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try await Logs.write(3, to: path)
        let connection = try Connection(path: path, mode: .writing)
        try connection.execute("DROP TRIGGER event_unchanged; UPDATE event SET payload = 'broken' WHERE seq = 2")
        let reader = try await AuditLogReader.open(path)
        let entries = try await reader.page().entries
        #expect(entries.count == 3)
        #expect(entries.first { $0.sequence == 2 }?.payload == "broken")
        #expect(entries.first { $0.sequence == 2 }?.record == nil)
        var filter = AuditFilter()
        filter.generator = "default"
        #expect(try await reader.page(matching: filter).entries.count == 2)
    }

    @Test("entries come one by one, newest first, across pages, and what is recorded later is not among them")
    func sequence() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try Logs.writeAtOnce(1203, to: path)
        let reader = try await AuditLogReader.open(path)
        var numbers: [Int64] = []
        for try await entry in reader.entries() {
            if numbers.isEmpty { try Logs.writeAtOnce(3, to: path) }
            numbers.append(entry.sequence)
        }
        #expect(numbers == (1...1203).reversed())
        var filter = AuditFilter()
        filter.after = 1200
        filter.user = "app"
        numbers = []
        for try await entry in reader.entries(matching: filter) { numbers.append(entry.sequence) }
        #expect(numbers == (1201...1206).reversed())
    }

    @Test(
        "a period is searched by its times if it has few rows, and finds the same if it has many",
        arguments: [5, 1000]
    )
    func period(most: Int64) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try Logs.writeAtOnce(300, to: path)
        let connection = try ReadOnlyFile(path: path).open(limit: .seconds(10))
        var filter = AuditFilter()
        filter.since = Events.start + 100
        filter.until = Events.start + 110
        var later = filter
        (later.since, later.until) = (Events.start + 1000, nil)
        let none = try EntryQuery(filter: later, mostOfPeriod: most).page(on: connection, after: nil, limit: 500)
        #expect(none == AuditPage(entries: [], next: nil))
        let query = EntryQuery(filter: filter, mostOfPeriod: most)
        let all = try query.page(on: connection, after: nil, limit: 500)
        #expect(all.entries.map(\.sequence) == (100...109).reversed() && all.next == nil)
        let first = try query.page(on: connection, after: nil, limit: 4)
        #expect(first.entries.map(\.sequence) == [109, 108, 107, 106])
        let rest = try query.page(on: connection, after: first.next, limit: 500)
        #expect(rest.entries.map(\.sequence) == (100...105).reversed())
    }

    @Test("the end and the beginning of a long period are looked up in the index of times")
    func boundPlans() async throws {
        let folder = try TemporaryFolder()
        try await Logs.write(1, to: folder.path("tokens.auditlog"))
        let connection = try ReadOnlyFile(path: folder.path("tokens.auditlog")).open(limit: .seconds(10))
        let range = "event USING INDEX event_time_us"
        for (sql, condition) in [
            (Queries.laterTime, "<expr>>?"), (Queries.earlierTime, "<expr><?"), (Queries.countFrom, "<expr>>?"),
            (Queries.countBefore, "<expr><?"), (Queries.countBetween, "<expr>>? AND <expr><?"),
        ] {
            let plan = try connection.prepare("EXPLAIN QUERY PLAN " + sql)
            #expect(try plan.step())
            #expect(
                plan.text(3).replacing("main.event", with: "event").replacing("COVERING ", with: "")
                    == "SEARCH \(range) (\(condition))"
            )
            #expect(try !plan.step())
        }
    }

    @Test(
        "a search for a long period leaves out the rows after it and before it, also if clocks were set back and forward",
        arguments: [1, 7, 25]
    )
    func narrowed(indexStride: Int64) throws {
        let room = try SearchRoom()
        // Row 901 is as old as row 101, and row 99 as new as row 899.
        let seconds = Dictionary(uniqueKeysWithValues: [(901, 101), (99, 899)] as [(Int64, Int64)])
        try room.connection.writing {
            for row in Int64(1)...1000 {
                try room.add(row, user: "user\(row % 2)", seconds: seconds[row] ?? row)
            }
        }
        var filter = AuditFilter()
        for user in [nil, "user1"] {
            filter.user = user
            for (since, until) in [
                (nil, 100), (nil, 600), (300, nil), (900, nil), (50, 950), (450, 550), (nil, -5), (2000, nil),
            ]
                as [(Int?, Int?)]
            {
                filter.since = since.map { Date(timeIntervalSince1970: Double($0)) }
                filter.until = until.map { Date(timeIntervalSince1970: Double($0)) }
                let counted = try room.search(filter, limit: 40, stride: 3, few: indexStride)
                #expect(try counted == room.scan(filter), "\(since ?? 0) \(until ?? 0)")
            }
        }
    }

    @Test(
        "a text that is not a cursor is refused",
        arguments: ["", ".", "0", "-1", "1.", "x", "1.1", " 1", "99999999999999999999"]
    )
    func badCursor(text: String) { #expect(AuditCursor(text) == nil) }

    @Test("statistics count what happened per day, user and server")
    func statistics() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        let log = try await AuditLog.open(path, configuration: Logs.quiet)
        let day: Double = 86400
        for (offset, user) in [(0, "a"), (0.1, "a"), (day, "a"), (day, "b")] {
            try await log.record(Events.issue(user: user, at: Events.start + offset))
        }
        try await log.record(Events.refuse(user: "b"))
        await log.close()
        let reader = try await AuditLogReader.open(path)
        let all = try await reader.statistics()
        #expect(all.total.issued == 4 && all.total.refused == 1 && all.total.accepted == 0)
        #expect(all.perDay.map { "\($0.name) \($0.counts.issued)" } == ["2026-09-21 2", "2026-09-22 2"])
        #expect(all.perUser.map { "\($0.name) \($0.counts.issued)" } == ["a 3", "b 1"])
        #expect(all.perHost.map { "\($0.name) \($0.counts.refused)" } == ["db.example.com 1"])
        let later = try await reader.statistics(since: Events.start + day, until: Events.start + day + 1)
        #expect(later.total.issued == 2 && later.total.refused == 0)
    }
}
