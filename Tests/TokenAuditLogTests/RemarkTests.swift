import AuthTokens
import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("What a verification says besides", .timeLimit(.minutes(2)))
struct RemarkTests {
    let folder: TemporaryFolder
    var path: String { folder.path("tokens.auditlog") }

    init() throws { folder = try TemporaryFolder() }

    @Test("it says where a pruned log begins, who has pruned it and when")
    func pruning() async throws {
        var configuration = Logs.bare
        configuration.now = { Events.start + 500 }
        let log = try await AuditLog.open(path, configuration: configuration)
        try await Logs.write(10, to: log)
        let head = try await AuditLogReader.open(path).head()
        #expect(try await Logs.verification(of: path).pruning == nil)
        try await log.prune(before: Events.start + 7)
        await log.close()
        let report = try await Logs.verification(of: path)
        let pruning = try #require(report.pruning)
        #expect(report.isIntact && report.origin.sequence == 6 && report.uncheckedRows == 0)
        #expect(pruning.throughSequence == 6 && pruning.recordedIn == 11)
        #expect(pruning.time == Events.start + 500 && pruning.actor == Logs.actor)
        #expect(try await Logs.verification(of: path, heads: [head]).isIntact)
    }

    @Test("a head whose row is pruned is never intact", arguments: [1, 6, 10])
    func headPruned(through last: Int) async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        try await Logs.write(10, to: log)
        let head = try await AuditLogReader.open(path).head()
        try await Logs.write(2, to: log, from: 11)
        try await log.prune(before: Events.start + Double(last + 1))
        await log.close()
        let report = try await Logs.verification(of: path, heads: [head])
        #expect(report.lines == (last < 10 ? [] : ["head-pruned 10"]))
        #expect(try await OtherVerifier.verify(path, heads: [head]).findings == report.lines)
    }

    @Test("a head that is contradicted is named even after a thousand other findings")
    func manyFindings() async throws {
        try Logs.writeAtOnce(1500, to: path)
        let foreign = AuditHead(logID: "other", sequence: 3, digest: Digest())
        try Connection(path: path, mode: .writing).execute(
            "DROP TRIGGER event_unchanged; UPDATE event SET leaf_hash = zeroblob(32)"
        )
        let report = try await Logs.verification(of: path, heads: [foreign])
        #expect(report.findingCount > 3000 && report.findings.last?.kind == .foreignHead)
    }

    @Test("time that goes back is remarked, and a few seconds are not")
    func timeWentBack() async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        for seconds in [0, 10, 5, 3600, 100, 90, 200.0] {
            try await log.record(Events.issue(at: Events.start + seconds))
        }
        await log.close()
        let report = try await Logs.verification(of: path)
        #expect(report.isIntact && report.remarks.map(\.kind) == [.timeWentBack])
        #expect(report.remarks.map(\.sequence) == [5])
    }

    @Test("an event dated in the future stops a pruning, which says so")
    func future() async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        try await Logs.write(5, to: log)
        try await log.record(Events.issue(at: Events.start + 1_000_000))
        try await Logs.write(5, to: log, from: 6)
        let pruning = try await log.prune(before: Events.start + 100)
        #expect(pruning.rows == 5)
        let time = Events.start + 1_000_000
        #expect(pruning.obstacle == AuditPruning.Obstacle(sequence: 6, time: time, rowsKept: 5))
        #expect(try await log.prune(before: Events.start + 2_000_000).obstacle == nil)
        await log.close()
    }

    @Test("events that were lost, and a reserve that was needed, are remarked")
    func losses() async throws {
        let layer = FaultyFileLayer()
        var configuration = layer.configuration()
        configuration.now = { Events.start + 104 }
        configuration.reserveSize = 262_144
        try Logs.writeAtOnce(100, to: path, configuration: configuration)
        let log = try await AuditLog.open(path, configuration: configuration)
        let size = try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        layer.limit(size, reserveOf: path, size: 262_144)
        try await log.record(Events.issue(101, at: Events.start + 104))
        layer.limit(0, reserveOf: path, size: 0)
        layer.failSyncs(true)
        #expect(await Logs.code { try await log.record(Events.issue(102, at: Events.start + 104)) } == .inputOutput)
        layer.failSyncs(false)
        try await log.record(Events.issue(103, at: Events.start + 104))
        await log.close()
        let report = try await Logs.verification(of: path)
        let kinds = report.remarks.map(\.kind)
        #expect(report.isIntact && kinds == [.reserveSpent, .eventsLost], "\(report.remarks) \(report.findings)")
        #expect(try await OtherVerifier.verify(path).status == 0)
    }
}
