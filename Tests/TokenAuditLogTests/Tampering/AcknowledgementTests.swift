import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Acknowledged findings", .timeLimit(.minutes(5)))
struct AcknowledgementTests {
    let folder: TemporaryFolder
    var path: String { folder.path("tokens.auditlog") }

    init() throws { folder = try TemporaryFolder() }

    /// Returns what both verifiers find, which must be the same.
    private func verify(_ heads: [AuditHead] = []) async throws -> [String] {
        let report = try await Logs.verification(of: path, heads: heads)
        let other = try await OtherVerifier.verify(path, heads: heads)
        #expect(other.findings == report.lines)
        #expect(other.status == (report.isIntact ? 0 : 1))
        #expect(report.acknowledgedCount == report.lines.count { $0.contains("acknowledged") })
        return report.lines
    }

    /// Acknowledges all findings and writes five more rows.
    private func acknowledge(_ heads: [AuditHead] = []) async throws {
        let report = try await Logs.verification(of: path, heads: heads)
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        try await log.reanchor(acknowledging: report, reason: "two hosts wrote one file")
        try await Logs.write(5, to: log, from: 100)
        await log.close()
    }

    @Test("acknowledged findings stay in the report and no longer count; later changes do count")
    func acknowledged() async throws {
        try await Logs.write(20, to: path)
        try await Forgery.forge(path, "remove", 7)
        try await Forgery.forge(path, "payload", 3)
        try await Forgery.forge(path, "leaf", 15)
        try await acknowledge()
        let known = ["chain-broken 15 acknowledged 21", "payload-altered 3 acknowledged 21"]
        let gap = "rows-missing 7 acknowledged 21"
        #expect(try await verify() == known + [gap])
        // The same rows are changed once more, in another way.
        try await Forgery.forge(path, "leaf", 3)
        #expect(try await verify() == ["chain-broken 15 acknowledged 21", "chain-broken 3", gap])
        try await Forgery.forge(path, "payload", 23)
        #expect(try await verify() == ["chain-broken 15 acknowledged 21", "chain-broken 3", "payload-altered 23", gap])
        try await Forgery.forge(path, "remove", 6)
        #expect(try await verify().contains("rows-missing 6"))
    }

    @Test("an event that names no finding acknowledges none")
    func blessing() async throws {
        try await Logs.write(20, to: path)
        let head = try await AuditLogReader.open(path).head()
        try await Forgery.forge(path, "payload", 2)
        try await Forgery.forge(path, "bless")
        #expect(try await verify() == ["payload-altered 2"])
        #expect(try await verify([head]) == ["payload-altered 2"])
    }

    @Test("acknowledged findings count again for a head kept before the acknowledgement, not for one kept after")
    func heads() async throws {
        try await Logs.write(20, to: path)
        let before = try await AuditLogReader.open(path).head()
        try await Forgery.forge(path, "payload", 2)
        try await acknowledge()
        let after = try await AuditLogReader.open(path).head()
        #expect(try await verify() == ["payload-altered 2 acknowledged 21"])
        #expect(try await verify([before]) == ["payload-altered 2"])
        #expect(try await verify([before, after]) == ["payload-altered 2"])
        #expect(try await verify([after]) == ["payload-altered 2 acknowledged 21"])
    }

    @Test("findings that contradict a kept head are never acknowledged")
    func contradictions() async throws {
        try await Logs.write(20, to: path)
        let head = try await AuditLogReader.open(path).head()
        try await Forgery.forge(path, "truncate", 15)
        #expect(try await verify([head]) == ["truncated 15"])
        try await acknowledge([head])
        #expect(try await verify([head]) == ["head-mismatch 20"])
        #expect(try await verify() == [])
    }

    @Test("a finding about the tables can be acknowledged, and the next such change counts")
    func schema() async throws {
        try await Logs.write(20, to: path)
        try await Forgery.forge(path, "unguard")
        try await acknowledge()
        let report = try await Logs.verification(of: path)
        #expect(report.lines == ["schema-altered 0 acknowledged 21"])
        #expect(report.isIntact && report.acknowledgedCount == 1)
        try Connection(path: path, mode: .writing).execute("DROP TRIGGER event_kept")
        let later = try await Logs.verification(of: path)
        #expect(later.lines == ["schema-altered 0", "schema-altered 0 acknowledged 21"])
    }

    @Test("an unrecorded pruning can be acknowledged, and a later one counts")
    func pruning() async throws {
        try await Logs.write(20, to: path)
        try await Forgery.forge(path, "prune", 5)
        try await acknowledge()
        #expect(try await verify() == ["prune-unrecorded 5 acknowledged 21"])
        try await Forgery.forge(path, "prune", 10)
        #expect(try await verify() == ["prune-unrecorded 10"])
    }

    @Test("a report that does not name all findings cannot be acknowledged")
    func tooMany() async throws {
        try await Logs.write(3, to: path)
        var report = try await Logs.verification(of: path)
        for row in 1...1001 { report.add(AuditFinding(.chainBroken, at: Int64(row), "", evidence: "00")) }
        #expect(report.findings.count == 1000 && !report.isIntact)
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        let damaged = report
        #expect(await Logs.code { try await log.reanchor(acknowledging: damaged, reason: "x") } == .damaged)
        report.findingCount = 1000
        let bounded = report
        try await log.reanchor(acknowledging: bounded, reason: "x")
        await log.close()
        let entry = try #require(try await Logs.entries(of: path).last?.record)
        #expect(entry.detail["acknowledged"]?.split(separator: ",").count == 1000)
        #expect(try await verify() == [])
    }
}
