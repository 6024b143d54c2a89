import AuditFleet
import AuthTokens
import Foundation
import LibpqClient
import RDSIAMHashing
import TestSupport
import Testing
import TokenAuditLog

@Suite("Reading a fleet", .timeLimit(.minutes(2)))
struct ReadingTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Three hosts with a log each, shipped.
    private func makeFleet(_ database: FleetDatabase) async throws -> [String] {
        let user = try await database.user(with: "shipper")
        let now = Date()
        var logs: [String] = []
        for number in 1...3 {
            let log = folder.path("log\(number)")
            // An "é" as one code point and as two are two users.
            try await Logs.write(40, to: log, user: ["andrew", "\u{E9}", "e\u{301}"][number - 1]) { index in
                now - Double(index * 3600 + number)
            }
            try await database.ship(log, host: "app-\(number)", as: user)
            logs.append(log)
        }
        return logs
    }

    @Test("A search answers as the hosts' own logs do, and an event knows its host")
    func list() async throws {
        let database = try await FleetDatabase.make()
        let logs = try await makeFleet(database)
        let fleet = try await database.fleet()
        let now = Date()
        var filters: [AuditFilter] = []
        func add(_ change: (inout AuditFilter) -> Void) {
            var filter = AuditFilter()
            change(&filter)
            filters.append(filter)
        }
        add { _ in }
        add { $0.user = "andrew" }
        add { $0.user = "e\u{301}" }
        add { $0.user = "nobody" }
        add { $0.since = now - 7200 }
        add { $0.until = now - 86_400 }
        add { ($0.since, $0.until) = (now - 20_000, now - 10_000) }
        add { $0.host = "DB-1.example.com." }
        add { $0.roleARN = "arn:aws:iam::123456789012:role/andrew" }
        add { $0.region = "eu-west-2" }
        add { $0.valid = now - 4000...now - 3000 }
        add { $0.hidesOwnEvents = true }
        add { $0.activity = .checkpoint }
        add { ($0.user, $0.host) = ("\u{E9}", "db-2.example.com") }
        for filter in filters {
            var expected: [String] = []
            for (index, log) in logs.enumerated() {
                for try await entry in try await AuditLogReader.open(log).entries(matching: filter) {
                    expected.append("app-\(index + 1) \(entry.sequence)")
                    #expect(filter.matches(entry))
                }
            }
            let found = try await fleet.entries(matching: filter, limit: 1000)
            #expect(found.map { "\($0.host) \($0.entry.sequence)" }.sorted() == expected.sorted())
            let times = found.compactMap { $0.entry.record?.time }
            #expect(times == times.sorted(by: >))
        }
        let newest = try await fleet.entries(limit: 5)
        #expect(newest == Array(try await fleet.entries(limit: 1000).prefix(5)))
        #expect(Set(try await fleet.entries(host: "app-2", limit: 100).map(\.host)) == ["app-2"])
    }

    @Test("A token is found in whichever log has it, also in a month that is over")
    func trace() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        let now = Date()
        for (number, days) in [(1, 0.0), (2, 100.0)] {
            try await Logs.write(20, to: folder.path("log\(number)"), user: "user\(number)") {
                now - days * 86_400 - Double($0)
            }
            try await database.ship(folder.path("log\(number)"), host: "app-\(number)", as: user)
        }
        try await Fleet(database.connection(as: database.owner)).install()
        let fleet = try await database.fleet()
        for number in 1...2 {
            let entry = try #require(
                try await fleet.entries(host: "app-\(number)", limit: 100).first { $0.entry.record?.token != nil }
            )
            let fingerprint = try #require(entry.entry.record?.token?.fingerprint)
            let trace = try await fleet.trace(fingerprint: fingerprint.uppercased())
            #expect(trace.entries.map(\.host) == ["app-\(number)"] && trace.entries.first == entry)
            #expect(trace.trace.verdict(at: now) == (number == 1 ? .valid : .expired))
        }
        #expect(try await fleet.traces(in: "no token at all").isEmpty)
    }

    @Test("Counts are the sums of the hosts' own")
    func statistics() async throws {
        let database = try await FleetDatabase.make()
        let logs = try await makeFleet(database)
        let fleet = try await database.fleet()
        let all = try await fleet.statistics()
        #expect(all.total.issued == 120 && all.perUser.count == 3)
        let one = try await fleet.statistics(host: "app-1")
        let local = try await AuditLogReader.open(logs[0]).statistics()
        #expect(one.perDay == local.perDay && one.perUser == local.perUser && one.perLogin == local.perLogin)
        let since = Date() - 7200
        let recent = try await fleet.statistics(since: since)
        var expected = 0
        for log in logs { expected += try await AuditLogReader.open(log).statistics(since: since).total.issued }
        #expect(recent.total.issued == expected)
        let report = AuditReport(all, verification: try await fleet.verify(), since: nil, until: nil, at: Date())
        #expect(report.html.contains("app-2") && report.html.contains("Intact"))
    }

    @Test("The views say who could log in where and when, and who is silent")
    func views() async throws {
        let database = try await FleetDatabase.make()
        _ = try await makeFleet(database)
        let fleet = try await database.fleet()
        func value(_ sql: String) async throws -> String? {
            try await fleet.connection.query(sql).rows.first?.texts().map { $0 ?? "-" }.joined(separator: " ")
        }
        #expect(try await value("SELECT count(*), count(DISTINCT server) FROM audit_fleet.login") == "120 3")
        let who =
            "SELECT count(*) FROM audit_fleet.login WHERE db_user = 'andrew' AND server = 'db-1.example.com' AND valid_from <= now() AND valid_until > now() - interval '90 minutes'"
        #expect(try await value(who) == "1")
        #expect(try await value("SELECT sum(tokens) FROM audit_fleet.login_by_role WHERE role LIKE '%/andrew'") == "40")
        #expect(try await value("SELECT sum(tokens) FROM audit_fleet.login_by_server") == "120")
        #expect(try await value("SELECT count(*) FROM audit_fleet.silent_host") == "0")
        try await database.forge(
            "UPDATE audit_fleet.chain SET last_contact = now() - interval '2 hours' WHERE host = 'app-2'"
        )
        #expect(try await value("SELECT host FROM audit_fleet.silent_host") == "app-2")
    }

    @Test("After a month is retired the rest verifies, and says what is gone and who did it")
    func retention() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        let retainer = try await database.user(with: "retention")
        let now = Date()
        let log = folder.path("log")
        for days in [70.0, 0, 65, 35, 0] {
            try await Logs.write(20, to: log) { now - days * 86_400 + Double($0) }
            try await database.ship(log, as: user)
        }
        let head = try await Logs.head(of: log)
        let month = try #require(
            try await database.value(
                "SELECT substr(min(name::text), 7) FROM audit_fleet.partition WHERE name LIKE 'event_20%'"
            )
        ).replacing("_", with: "-")
        let count = try await database.value(
            "SELECT count(*) FROM audit_fleet.event_\(month.replacing("-", with: "_"))"
        )
        let retention = Fleet(try await database.connection(as: retainer))
        let retired = try await retention.retire(month: month + "-01")
        #expect("\(retired.rows)" == count && retired.rows >= 20)
        let fleet = try await database.fleet()
        let verification = try await fleet.verify(heads: [head])
        let chain = try #require(verification.chains.first)
        #expect(verification.isIntact, "\(chain.verification.findings)")
        #expect(chain.retiredRows == retired.rows && chain.verification.rows == head.sequence - retired.rows)
        #expect(chain.retirements.map(\.retiredBy) == [retainer])
        #expect(chain.retirements.map(\.rows) == [retired.rows])
        #expect(chain.retirements.allSatisfy { $0.words.contains(month) && $0.words.contains(retainer) })
        // The log goes on, sends its old rows again, and nothing comes back.
        try await Logs.write(20, to: log)
        let connection = try await database.connection(as: user)
        #expect(try await LogShipper(log, host: "app-1").shipAll(over: connection).isSound)
        #expect(try await fleet.verify(heads: [head]).chains.first?.retiredRows == retired.rows)
        // A prune point that was changed does not lead on.
        try await database.forge("UPDATE audit_fleet.retired_run SET last_hash = sha256('x')")
        #expect(try await fleet.verify(heads: [head]).isIntact == false)
        await #expect {
            try await retention.retire(month: String(Date().formatted(.iso8601).prefix(7)) + "-01")
        } throws: { ($0 as? FleetError)?.code == .invalidArgument }
    }
}
