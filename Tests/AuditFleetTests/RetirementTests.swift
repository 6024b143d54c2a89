import AuditFleet
import Foundation
import LibpqClient
import TestSupport
import Testing
import TokenAuditLog

@Suite("Retired months", .timeLimit(.minutes(2)))
struct RetirementTests {
    private let folder: TemporaryFolder
    private var log: String { folder.path("log") }
    private let now = Date()

    init() throws { folder = try TemporaryFolder() }

    /// Retires all months that are over, and returns how many rows they had.
    private func retireAll(_ database: FleetDatabase) async throws -> Int64 {
        let retention = Fleet(try await database.connection(as: try await database.user(with: "retention")))
        let months = try await database.forge(
            """
            SELECT from_time::date::text FROM audit_fleet.partition
            WHERE until_time <= now() AND retired IS NULL AND name <> 'event_other'
            """
        )
        var rows: Int64 = 0
        for row in try #require(months.last).rows { rows += try await retention.retire(month: row.decode(at: 0)).rows }
        return rows
    }

    /// The same row with another hash.
    private func forged(_ head: AuditHead) throws -> AuditHead {
        try #require(AuditHead("\(head.logID) \(head.sequence) " + String(repeating: "0", count: 64)))
    }

    @Test(
        "A log whose rows are all retired verifies: its cursor and a head of its last row are compared with the prune point"
    )
    func whole() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(5, to: log) { [now] in now - 70 * 86_400 + Double($0) }
        let middle = try await Logs.head(of: log)
        try await Logs.write(20, to: log) { [now] in now - 70 * 86_400 + Double($0) }
        let head = try await Logs.head(of: log)
        try await database.ship(log, as: user)
        #expect(try await retireAll(database) == head.sequence)
        let fleet = try await database.fleet()
        let cases: [(heads: [AuditHead], findings: [String], remarks: [String])] = [
            ([], [], []), ([head], [], []), ([middle], [], ["head-retired"]), ([middle, head], [], ["head-retired"]),
            ([try forged(middle)], [], ["head-retired"]), ([try forged(head)], ["head-mismatch"], []),
        ]
        for (heads, findings, remarks) in cases {
            let verification = try await fleet.verify(heads: heads)
            let chain = try #require(verification.chains.first)
            #expect(chain.verification.findings.map(\.kind.rawValue) == findings, "\(heads)")
            #expect(chain.verification.remarks.map(\.kind.rawValue) == remarks, "\(heads)")
            #expect(verification.isIntact == findings.isEmpty)
            // The head to store for the next time is the prune point, not the log's beginning.
            #expect(chain.verification.head == head && chain.retiredRows == head.sequence)
        }
        // A log that goes on follows from the prune point.
        try await Logs.write(5, to: log)
        try await database.ship(log, as: user)
        #expect(try await fleet.verify(heads: [head, try await Logs.head(of: log)]).isIntact)
        try await database.forge("UPDATE audit_fleet.retired_run SET last_hash = sha256('x')")
        #expect(try await fleet.verify().isIntact == false)
    }

    @Test("A long reader keeps a month from being retired, and verifications from nothing")
    func besideReaders() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(20, to: log) { [now] in now - 70 * 86_400 + Double($0) }
        try await database.ship(log, as: user)
        let reader = try await database.connect()
        _ = try await reader.execute("BEGIN; SELECT count(*) FROM audit_fleet.event")
        await #expect {
            _ = try await retireAll(database)
        } throws: { ($0 as? PGError)?.sqlState == "55P03" && ($0 as? PGError)?.isRetryable == true }
        // What follows takes as long as the machine needs.
        try await database.forge("ALTER FUNCTION audit_fleet.retire(date) SET lock_timeout = '60s'")
        let fleet = try await database.fleet()
        func waiting(_ count: Int) async throws -> Bool {
            try await comesTrue {
                let waiting = """
                    SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'audit_fleet.event'::regclass
                    """
                return try await database.value(waiting) == "\(count)"
            }
        }
        async let retired = retireAll(database)
        #expect(try await waiting(1))
        async let verification = fleet.verify()
        #expect(try await waiting(2))
        await reader.close()
        #expect(try await retired > 20)
        let verified = try await verification
        #expect(verified.isIntact, "\(verified.chains.flatMap(\.verification.findings))")
    }

    @Test("A prune point that is not the cursor's row is found, also if no row follows")
    func forgedAnchor() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(20, to: log) { [now] in now - 70 * 86_400 + Double($0) }
        try await database.ship(log, as: user)
        _ = try await retireAll(database)
        try await database.forge("UPDATE audit_fleet.retired_run SET last_hash = sha256('x')")
        let findings = try await database.fleet().verify().chains.flatMap(\.verification.findings)
        #expect(findings.map(\.kind) == [.headMismatch])
    }

    @Test("Rows that never came, as was accepted, are no fault if the rows beside them are retired")
    func gap() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        func write(_ days: Double) async throws {
            try await Logs.write(20, to: log) { [now] in now - days * 86_400 + Double($0) }
        }
        try await write(130)
        try await database.ship(log, as: user)
        let shipped = try await Logs.head(of: log)
        try await write(120)
        var old = Logs.quiet
        old.now = { [now] in now - 110 * 86_400 }
        let writer = try await AuditLog.open(log, configuration: old)
        _ = try await writer.prune(before: now - 115 * 86_400)
        await writer.close()
        try await write(70)
        try await write(0)
        let held = try #require(try await database.ship(log, as: user).heldBy)
        let owner = Fleet(try await database.connection(as: database.owner))
        try await owner.resume(finding: held, reason: "the host was off for weeks")
        #expect(try await database.ship(log, as: user).isSound)
        let retired = try await retireAll(database)
        let head = try await Logs.head(of: log)
        let verification = try await database.fleet().verify(heads: [shipped, head])
        let chain = try #require(verification.chains.first)
        #expect(verification.isIntact && chain.retiredRows == retired, "\(chain.verification.findings)")
        #expect(chain.verification.remarks.filter { $0.kind == .accepted }.map(\.sequence) == [shipped.sequence + 1])
    }

    @Test("A search over a retired month can say what is gone, and a report does")
    func searches() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        for (number, days) in [(1, 70.0), (2, 0)] {
            let path = folder.path("log\(number)")
            try await Logs.write(20, to: path) { [now] in now - days * 86_400 + Double($0) }
            try await database.ship(path, host: "app-\(number)", as: user)
        }
        let fleet = try await database.fleet()
        #expect(try await fleet.retirements().isEmpty)
        let rows = try await retireAll(database)
        let day = now - 70 * 86_400
        let gone = try await fleet.retirements()
        #expect(gone.reduce(0) { $0 + $1.rows } == rows && !gone.isEmpty)
        #expect(
            gone.contains { $0.wordsForAll.contains(day.formatted(.iso8601).prefix(7) + ", retired by retention_") }
        )
        #expect(try await fleet.retirements(since: day, until: day + 1).isEmpty == false)
        #expect(try await fleet.retirements(host: "app-1") == gone)
        #expect(try await fleet.retirements(host: "app-2").isEmpty)
        #expect(try await fleet.retirements(since: now - 3600).isEmpty)
        #expect(try await fleet.retirements(until: now - 200 * 86_400).isEmpty)
        let report = AuditReport(
            try await fleet.statistics(since: day - 60, until: day + 86_400),
            verification: try await fleet.verify(),
            since: day - 60,
            until: day + 86_400,
            at: now
        )
        #expect(report.html.contains("retired by retention_") && !report.html.contains("<p>None.</p>\n<h2>How"))
    }
}
