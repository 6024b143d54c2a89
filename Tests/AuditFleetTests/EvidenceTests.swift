import AuditFleet
import Foundation
import LibpqClient
import TestSupport
import Testing
import TokenAuditLog

@Suite("What does not fit", .timeLimit(.minutes(2)))
struct EvidenceTests {
    private let folder: TemporaryFolder
    private var log: String { folder.path("log") }

    init() throws { folder = try TemporaryFolder() }

    /// Ships a log that has become another, and returns the kinds of what was found, with their rows.
    private func findings(
        _ database: FleetDatabase,
        as user: String,
        _ path: String? = nil,
        host: String = "app-1"
    ) async throws -> [FleetFinding] {
        let shipment = try await database.ship(path ?? log, host: host, as: user)
        let findings = try await database.fleet().findings()
        #expect(findings.isEmpty == shipment.isSound || findings.contains { $0.logID != shipment.logID })
        return findings
    }

    @Test("A log that was put back from a copy, and has gone on since, is found with both versions of the row")
    func restored() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(100, to: log)
        try Logs.copy(log, to: folder.path("yesterday"))
        try await Logs.write(100, to: log, user: "honest")
        let head = try await Logs.head(of: log)
        try await database.ship(log, as: user)
        try FileManager.default.removeItem(atPath: log)
        try Logs.copy(folder.path("yesterday"), to: log)
        let row = try await Logs.head(of: log).sequence
        let cut = try await findings(database, as: user)
        #expect(cut.map(\.kind) == ["log-rewound"])
        #expect(cut.map(\.sequence) == [row])
        // Once that is accepted, the log may be as it is.
        let owner = Fleet(try await database.connection(as: database.owner))
        try await owner.resume(finding: try #require(cut.first).number, reason: "a disk, ticket 4711")
        #expect(try await database.ship(log, as: user).isSound)
        try await Logs.write(300, to: log, user: "forger")
        let grown = try await findings(database, as: user)
        #expect(grown.first?.kind == "row-differs" && grown.first?.sequence == row + 1)
        #expect(grown.allSatisfy { $0.kind == "row-differs" })
        let texts = [grown.first?.storedPayload, grown.first?.arrivedPayload].map {
            String(decoding: $0 ?? [], as: UTF8.self)
        }
        #expect(texts[0] != texts[1] && texts.allSatisfy { $0.hasPrefix("{\"activity\":\"audit.open\"") })
        // What was there first is there still.
        let before = try await database.fleet().verify(heads: [head])
        #expect(before.chains.map(\.verification.isIntact) == [true] && !before.isIntact)
        #expect(try await database.value("SELECT count(*) FROM audit_fleet.event") == "\(head.sequence)")
        // Once all is accepted, the log goes on, and the fleet is sound but for remarks.
        try await acceptAll(database, as: user)
        let differing = try await database.fleet().findings(isOpen: false).filter { $0.kind == "row-differs" }
        #expect(differing.map(\.sequence) == Array(row + 1...head.sequence))
        let newHead = try await Logs.head(of: log)
        let after = try await database.fleet().verify(heads: [head, newHead])
        #expect(after.isIntact && after.chains.first?.verification.findings.isEmpty == true)
        let accepted = after.chains.first?.verification.remarks.filter { $0.kind == .accepted } ?? []
        #expect(accepted.contains { $0.sequence == head.sequence + 1 && $0.message.contains("a disk, ticket 4711") })
        #expect(accepted.allSatisfy { $0.message.contains("accepted by \(database.owner)") })
        let report = AuditReport(
            try await database.fleet().statistics(),
            verification: after,
            since: nil,
            until: nil,
            at: Date()
        )
        #expect(report.html.contains("a disk, ticket 4711"))
        // What was accepted excuses no other row.
        try await database.forge(
            "UPDATE audit_fleet.event SET payload = replace(payload, 'success', 'failure') WHERE seq = \(head.sequence + 2)"
        )
        let forged = try await database.fleet().verify(heads: [head, newHead])
        #expect(forged.chains.first?.verification.findings.map(\.kind) == [.chainBroken])
    }

    /// Ships and accepts what is open, until nothing is.
    private func acceptAll(_ database: FleetDatabase, as user: String) async throws {
        let owner = Fleet(try await database.connection(as: database.owner))
        for _ in 0..<20 {
            if try await database.ship(log, as: user).isSound { break }
            for finding in try await database.fleet().findings() {
                try await owner.resume(finding: finding.number, reason: "a disk, ticket 4711")
            }
        }
        #expect(try await database.ship(log, as: user).isSound)
    }

    @Test(
        "A log that was changed before it was shipped stops at the row, and other logs go on",
        arguments: ["payload", "chain", "short chain"]
    )
    func broken(_ what: String) async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(50, to: log)
        try await Logs.write(50, to: folder.path("other"))
        try Logs.forge(
            log,
            what == "payload"
                ? "UPDATE event SET payload = replace(payload, 'success', 'failure') WHERE seq = 20"
                : "PRAGMA ignore_check_constraints = ON; UPDATE event SET chain_hash = randomblob(\(what == "chain" ? 32 : 7)) WHERE seq = 20"
        )
        let shipment = try await database.ship(log, as: user)
        #expect(shipment.through == 19 && shipment.heldBy != nil && !shipment.isSound)
        #expect(try await database.ship(folder.path("other"), host: "app-2", as: user).isSound)
        let found = try #require(try await database.fleet().findings().first)
        #expect(found.kind == (what == "payload" ? "payload-altered" : "chain-broken"))
        #expect(found.sequence == 20 && found.arrivedPayload != nil)
        // Shipping it again finds the same once more, not twice.
        #expect(try await database.ship(log, as: user).heldBy == shipment.heldBy)
        #expect(try await database.fleet().findings().count == 1)
        // Once it is accepted, the log goes on, and each verification remarks the row.
        try await acceptAll(database, as: user)
        let head = try await Logs.head(of: log)
        let verification = try await database.fleet().verify(heads: [head])
        let chain = try #require(verification.chains.first { $0.host.host == "app-1" })
        #expect(verification.isIntact && chain.verification.head == head)
        // A broken hash breaks the row after it, too.
        let rows: [Int64] = what == "payload" ? [20] : what == "chain" ? [20, 21] : [20]
        #expect(chain.verification.remarks.filter { $0.kind == .accepted }.map(\.sequence) == rows)
    }

    @Test("Rows that were pruned before they were shipped are a gap, and the chain goes on after it is accepted")
    func gap() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        let now = Date()
        try await Logs.write(40, to: log) { _ in now - 86_400 * 100 }
        try await database.ship(log, as: user)
        let shipped = try await Logs.head(of: log)
        try await Logs.write(40, to: log) { _ in now - 86_400 * 99 }
        try Logs.copy(log, to: folder.path("whole"))
        let writer = try await AuditLog.open(log, configuration: Logs.quiet)
        _ = try await writer.prune(before: now - 86_400)
        await writer.close()
        let found = try await findings(database, as: user)
        #expect(found.map(\.kind) == ["rows-missing"] && found.map(\.sequence) == [shipped.sequence + 1])
        let owner = Fleet(try await database.connection(as: database.owner))
        let number = try #require(found.first).number
        try await owner.resume(finding: number, reason: "the host was off for weeks")
        let shipment = try await database.ship(log, as: user)
        let head = try await Logs.head(of: log)
        #expect(shipment.through == head.sequence)
        let verification = try await database.fleet().verify(heads: [shipped, head])
        #expect(verification.isIntact)
        let remarks = verification.chains.first?.verification.remarks.filter { $0.kind == .accepted } ?? []
        #expect(remarks.map(\.sequence) == [shipped.sequence + 1])
        #expect(remarks.first?.message.contains("the host was off for weeks") == true)
        // Rows that come after all, from a copy of before, were not deleted here.
        try FileManager.default.removeItem(atPath: log)
        try Logs.copy(folder.path("whole"), to: log)
        let rewound = try await findings(database, as: user)
        #expect(rewound.map(\.kind) == ["log-rewound"])
        for finding in rewound { try await owner.resume(finding: finding.number, reason: "the copy of before") }
        let connection = try await database.connection(as: user)
        #expect(try await LogShipper(log, host: "app-1").ship(over: connection, from: 0).isSound)
        await connection.close()
        // More than what was accepted is not excused.
        try await database.forge(
            "DELETE FROM audit_fleet.event WHERE seq > \(shipped.sequence) AND seq < \(head.sequence)"
        )
        let forged = try await database.fleet().verify(heads: [shipped, head])
        #expect(forged.chains.first?.verification.findings.map(\.kind) == [.rowsMissing])
    }

    @Test("A second log in the place of the first is a finding, and its rows are stored")
    func secondChain() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(20, to: log)
        try await database.ship(log, as: user)
        try FileManager.default.removeItem(atPath: log)
        try await Logs.write(30, to: log)
        let found = try await findings(database, as: user)
        #expect(found.map(\.kind) == ["second-chain"])
        #expect(try await database.fleet().hosts().count == 2)
        #expect(try await database.ship(log, as: user).isSound == false)
        try await expectOpen(["second-chain"], database)
    }

    /// Expects that a verification names the open findings and nothing else, until they are accepted.
    private func expectOpen(_ kinds: [String], _ database: FleetDatabase) async throws {
        let open = try await database.fleet().findings()
        let verification = try await database.fleet().verify()
        #expect(!verification.isIntact && verification.openCount == kinds.count)
        let problems = verification.chains.flatMap(\.problems) + verification.problems
        #expect(problems.map(\.kind) == kinds && problems.map(\.finding) == open.map(\.number))
        #expect(verification.chains.allSatisfy { $0.verification.isIntact })
        let report = AuditReport(
            try await database.fleet().statistics(),
            verification: verification,
            since: nil,
            until: nil,
            at: Date()
        )
        // A page of no log at all has no place for them; the command prints them.
        let isEmpty = verification.chains.isEmpty
        #expect(open.allSatisfy { isEmpty || report.html.contains("Finding \($0.number) is open: ") })
        let owner = Fleet(try await database.connection(as: database.owner))
        for finding in open { try await owner.resume(finding: finding.number, reason: "looked into") }
        #expect(try await database.fleet().verify().isIntact)
    }

    @Test("An open finding is named by a verification until it is accepted, also if its log is gone")
    func open() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(20, to: log)
        try Logs.copy(log, to: folder.path("yesterday"))
        try await Logs.write(20, to: log)
        try await database.ship(log, as: user)
        try FileManager.default.removeItem(atPath: log)
        try Logs.copy(folder.path("yesterday"), to: log)
        try await database.ship(log, as: user)
        try await expectOpen(["log-rewound"], database)
        try await database.ship(folder.path("yesterday"), as: user)
        try await database.forge("DELETE FROM audit_fleet.event; DELETE FROM audit_fleet.chain")
        let kinds = try await database.fleet().findings().map(\.kind)
        #expect(kinds == ["second-place"])
        try await expectOpen(kinds, database)
    }

    @Test("What contradicts the fleet's own cursor is not said to contradict a head kept elsewhere")
    func cursor() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(20, to: log)
        try await database.ship(log, as: user)
        for (sql, kind) in [
            ("UPDATE audit_fleet.chain SET head_hash = sha256('x')", "head-mismatch"),
            ("DELETE FROM audit_fleet.event WHERE seq > 6", "truncated"),
        ] {
            try await database.forge(sql)
            let findings = try await database.fleet().verify().chains.flatMap(\.verification.findings)
            #expect(findings.map(\.kind.rawValue) == [kind])
            #expect(findings.allSatisfy { $0.message.contains("the fleet's own cursor") }, "\(findings)")
            #expect(findings.allSatisfy { !$0.message.contains("kept elsewhere") }, "\(findings)")
        }
    }

    @Test("A log that comes from another place is a finding")
    func secondPlace() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(20, to: log)
        try await database.ship(log, as: user)
        try Logs.copy(log, to: folder.path("copy"))
        let found = try await findings(database, as: user, folder.path("copy"), host: "app-2")
        #expect(found.map(\.kind) == ["second-place"])
        try await expectOpen(["second-place"], database)
        // Once that is accepted, the log has moved, and is a finding at its old place.
        #expect(try await database.ship(folder.path("copy"), host: "app-2", as: user).isSound)
        #expect(try await database.fleet().hosts().map(\.host) == ["app-2"])
        #expect(try await findings(database, as: user).map(\.kind) == ["second-place"])
        try await expectOpen(["second-place"], database)
        // What was accepted of a row excuses no other fault of it.
        let row = try await Logs.head(of: log).sequence
        try Logs.forge(log, "UPDATE event SET payload = replace(payload, 'audit', 'other') WHERE seq = \(row)")
        let connection = try await database.connection(as: user)
        _ = try await LogShipper(log, host: "app-1").ship(over: connection, from: 0)
        await connection.close()
        #expect(try await database.fleet().findings().map(\.kind) == ["row-differs"])
    }

    /// What a forger with all rights does to the copy, and what names it.
    struct Forgery: Sendable, CustomTestStringConvertible {
        let sql: String
        let kind: String
        let row: Int64
        var testDescription: String { "\(kind) at \(row): \(sql)" }
    }

    static let forgeries = [
        Forgery(
            sql: "UPDATE audit_fleet.event SET payload = replace(payload, 'success', 'failure') WHERE seq = 20",
            kind: "chain-broken",
            row: 20
        ),
        Forgery(
            sql: "UPDATE audit_fleet.event SET chain_hash = sha256('x') WHERE seq = 20",
            kind: "chain-broken",
            row: 20
        ),
        Forgery(sql: "DELETE FROM audit_fleet.event WHERE seq = 20", kind: "rows-missing", row: 20),
        Forgery(sql: "DELETE FROM audit_fleet.event WHERE seq = 1", kind: "rows-missing", row: 1),
        Forgery(
            sql: "DELETE FROM audit_fleet.event WHERE seq > 20; UPDATE audit_fleet.chain SET head_hash = NULL",
            kind: "truncated",
            row: 21
        ),
        Forgery(sql: "DELETE FROM audit_fleet.event WHERE seq > 20", kind: "truncated", row: 21),
        Forgery(
            sql: """
                INSERT INTO audit_fleet.event (chain_id, seq, time, chain_hash, payload)
                SELECT chain_id, seq, time - interval '1 second', chain_hash, payload FROM audit_fleet.event WHERE seq = 20
                """,
            kind: "chain-broken",
            row: 20
        ),
        Forgery(
            sql: """
                INSERT INTO audit_fleet.event (chain_id, seq, time, chain_hash, payload)
                SELECT chain_id, seq + 1000, time, chain_hash, payload FROM audit_fleet.event WHERE seq = 20
                """,
            kind: "rows-surplus",
            row: 1020
        ),
        Forgery(
            sql: """
                INSERT INTO audit_fleet.event (chain_id, seq, time, chain_hash, payload)
                SELECT chain_id, 9223372036854775807, time, chain_hash, payload FROM audit_fleet.event WHERE seq = 20
                """,
            kind: "rows-surplus",
            row: .max
        ),
        Forgery(
            sql: """
                INSERT INTO audit_fleet.event (chain_id, seq, time, chain_hash, payload)
                SELECT chain_id, -9223372036854775808, time, chain_hash, payload FROM audit_fleet.event WHERE seq = 20
                """,
            kind: "chain-broken",
            row: .min
        ),
        Forgery(sql: "UPDATE audit_fleet.event SET db_user = 'nobody' WHERE seq = 20", kind: "column-altered", row: 20),
        Forgery(
            sql: "UPDATE audit_fleet.event SET time = time + interval '1 second' WHERE seq = 20",
            kind: "column-altered",
            row: 20
        ),
        Forgery(
            sql: """
                INSERT INTO audit_fleet.event (chain_id, seq, time, chain_hash, payload)
                SELECT 77, seq, time, chain_hash, payload FROM audit_fleet.event WHERE seq = 20
                """,
            kind: "chain-unknown",
            row: 0
        ),
        Forgery(
            sql: """
                DO $$ BEGIN EXECUTE (SELECT format('DROP TABLE audit_fleet.%I', 'event_' || to_char(now(), 'YYYY_MM'))); END $$
                """,
            kind: "partition-missing",
            row: 0
        ),
    ]

    @Test("What was changed in the copy is found and named", arguments: forgeries)
    func forged(_ forgery: Forgery) async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(50, to: log)
        let head = try await Logs.head(of: log)
        try await database.ship(log, as: user)
        let fleet = try await database.fleet()
        #expect(try await fleet.verify(heads: [head]).isIntact)
        try await database.forge(forgery.sql)
        let verification = try await fleet.verify(heads: [head])
        #expect(!verification.isIntact && verification.openCount > 0)
        let chain = try #require(verification.chains.first)
        let found =
            chain.verification.findings.map { "\($0.kind.rawValue) \($0.sequence)" }
            + (chain.problems + verification.problems).map { "\($0.kind) \($0.sequence)" }
        #expect(found.contains("\(forgery.kind) \(forgery.row)"), "\(found)")
    }

    @Test("A fleet that was rewritten as a whole contradicts a head that was kept elsewhere")
    func rewritten() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(50, to: log)
        let head = try await Logs.head(of: log)
        try await database.ship(log, as: user)
        let other = AuditHead("\(head.logID) 20 " + String(repeating: "0", count: 64))
        let foreign = AuditHead("another 20 " + String(repeating: "0", count: 64))
        let verification = try await database.fleet().verify(heads: [other, foreign].compactMap { $0 })
        #expect(verification.chains.first?.verification.findings.map(\.kind) == [.headMismatch])
        #expect(verification.problems.map(\.kind) == ["foreign-head"])
        try await database.forge("DELETE FROM audit_fleet.event; DELETE FROM audit_fleet.chain")
        #expect(try await database.fleet().verify(heads: [head]).problems.map(\.kind) == ["foreign-head"])
    }

    @Test("A row that is gone from the copy is found when the log sends it again")
    func lost() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        try await Logs.write(50, to: log)
        try await database.ship(log, as: user)
        try await database.forge("DELETE FROM audit_fleet.event WHERE seq = 20")
        let connection = try await database.connection(as: user)
        #expect(try await LogShipper(log, host: "app-1").shipAll(over: connection).heldBy != nil)
        #expect(try await database.fleet().findings().map(\.kind) == ["row-lost"])
    }

    @Test("A clock that runs backwards moves rows to other months, and the chain is whole")
    func clock() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        let now = Date()
        // Half a year ahead, then two years back, before 2015, and beyond what a partition is made for.
        let jumps: [Double] = [0, -40, -700, 20, -5000, 3650, -90, 0]
        for (index, days) in jumps.enumerated() {
            try await Logs.write(10, to: log, user: "user\(index)") { _ in now + days * 86_400 }
        }
        let head = try await Logs.head(of: log)
        let shipment = try await database.ship(log, as: user)
        #expect(shipment.through == head.sequence && shipment.isSound)
        let fleet = try await database.fleet()
        let verification = try await fleet.verify(heads: [head])
        #expect(verification.isIntact && verification.rows == head.sequence)
        #expect(verification.chains.first?.verification.remarks.contains { $0.kind == .timeWentBack } == true)
        // All are found by what they say, wherever they lie.
        for index in jumps.indices {
            var filter = AuditFilter()
            filter.user = "user\(index)"
            #expect(try await fleet.entries(matching: filter, limit: 100).count == 10)
        }
        #expect(try await fleet.entries(limit: 1000).count == Int(head.sequence))
    }

    @Test("A partition that is gone stops the rows that belong there, and names itself")
    func missingPartition() async throws {
        let database = try await FleetDatabase.make()
        let user = try await database.user(with: "shipper")
        let now = Date()
        try await Logs.write(10, to: log) { _ in now }
        let month = now.formatted(.iso8601).prefix(7).replacing("-", with: "_")
        try await database.forge("DROP TABLE audit_fleet.event_\(month)")
        await #expect {
            try await database.ship(log, as: user)
        } throws: { error in
            (error as? FleetError)?.code == .partitionMissing && "\(error)".contains("event_20")
        }
    }
}
