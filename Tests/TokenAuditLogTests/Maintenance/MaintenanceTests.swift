import AuthTokens
import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Pruning, backup and checkpoints", .timeLimit(.minutes(5)))
struct MaintenanceTests {
    let folder: TemporaryFolder
    var path: String { folder.path("tokens.auditlog") }

    init() throws { folder = try TemporaryFolder() }

    @Test("pruning deletes old events, records that, and leaves a chain that verifies")
    func prune() async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        try await Logs.write(100, to: log)
        let before = try await AuditLogReader.open(path).head()
        let pruning = try await log.prune(before: Events.start + 61)
        #expect(pruning == AuditPruning(rows: 60, throughSequence: 60))
        #expect(try await log.prune(before: Events.start + 61).rows == 0)
        try await Logs.write(1, to: log, from: 101)
        await log.close()
        let entries = try await Logs.entries(of: path)
        #expect(entries.map(\.sequence) == Array(61...102))
        #expect(entries.compactMap(\.record?.activity).filter { $0 == .prune }.count == 1)
        let report = try await Logs.verification(of: path, heads: [before])
        #expect(report.isIntact && report.rows == 42)
        #expect(try await OtherVerifier.verify(path, heads: [before]).status == 0)
    }

    @Test("after everything is pruned the numbers go on")
    func pruneAll() async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        try await Logs.write(5, to: log)
        #expect(try await log.prune(before: .distantFuture).rows == 5)
        #expect(try await log.prune(before: .distantFuture).rows == 1)
        await log.close()
        try await Logs.write(1, to: path)
        #expect(try await Logs.entries(of: path).map(\.sequence) == [7, 8])
        #expect(try await Logs.verification(of: path).isIntact)
        #expect(try await OtherVerifier.verify(path).status == 0)
    }

    @Test("pruning an empty log does nothing, and the next pruning finishes an interrupted one")
    func interruptedPrune() async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        #expect(try await log.prune(before: .distantFuture) == AuditPruning(rows: 0, throughSequence: 0))
        try await Logs.write(20, to: log)
        await log.close()
        let committer = try Committer(path: path, configuration: Logs.bare)
        let anchor = try committer.store.connection.row(before: 11, logID: committer.store.logID, hasher: ChainHasher())
        try committer.transaction(until: .now + .seconds(1)) {
            try committer.store.insertPrunePoint(anchor, at: Events.start)
            try committer.append(.prune, ["seq": "10", "chain": Hexadecimal.encode(anchor.chainHash)])
        }
        #expect(try await Logs.verification(of: path).isIntact)
        #expect(try committer.prune(before: Events.start, stride: 3).rows == 10)
        #expect(try await Logs.verification(of: path).isIntact)
    }

    @Test("the file no longer holds what was pruned")
    func pruneErases() async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        try await log.record(Events.issue(user: "forgotten", at: Events.start))
        try await Logs.write(50, to: log)
        try await log.prune(before: Events.start + 10)
        await log.close()
        #expect(try Data(contentsOf: URL(filePath: path)).range(of: Data("forgotten".utf8)) == nil)
    }

    @Test("a backup taken during writes is a whole log, and only its owner may read it")
    func backup() async throws {
        var configuration = Logs.quiet
        configuration.now = { Events.start }
        let log = try await AuditLog.open(path, configuration: configuration)
        try await Logs.write(50, to: log)
        #expect(try await log.prune(before: Events.start + 10).rows == 10)
        let reader = try await AuditLogReader.open(path)
        let copy = folder.path("copy.auditlog")
        async let writing: Void = Logs.write(50, to: log, from: 51)
        let head = try await reader.backUp(to: copy)
        try await writing
        await log.close()
        #expect(head.sequence >= 51)
        let report = try await Logs.verification(of: copy)
        #expect(report.isIntact && report.head == head)
        #expect(try await OtherVerifier.verify(copy).status == 0)
        #expect(try await Logs.verification(of: path, heads: [head]).isIntact)
        #expect(try FileManager.default.attributesOfItem(atPath: copy)[.posixPermissions] as? Int == 0o600)
        try await Logs.write(1, to: copy)
        #expect(try await Logs.verification(of: copy, heads: [head]).isIntact)
        #expect(await Logs.code { _ = try await reader.backUp(to: copy) } == .alreadyExists)
        #expect(await Logs.code { _ = try await reader.backUp(to: folder.path("no/copy")) } == .notFound)
        #expect(!FileManager.default.fileExists(atPath: folder.path("no")))
    }

    @Test("checkpoints are written after an interval, on request and at the end, each with the row before it")
    func checkpoints() async throws {
        var configuration = Logs.quiet
        configuration.checkpointInterval = 3
        let notices = Notices()
        configuration.notify = { notices.add($0) }
        let log = try await AuditLog.open(path, configuration: configuration)
        try await Logs.write(5, to: log)
        let head = try await log.checkpoint()
        try await Logs.write(1, to: log)
        await log.close()
        let records = try await Logs.entries(of: path).compactMap(\.record)
        let checkpoints = records.filter { $0.activity == .checkpoint }
        #expect(checkpoints.map { $0.detail["reason"] } == ["interval", "interval", "request", "close"])
        #expect(checkpoints.map { $0.detail["seq"] } == ["3", "7", "8", "10"])
        #expect(notices.kinds == Array(repeating: .checkpoint, count: 4))
        #expect(notices.notices.map(\.head.sequence) == [4, 8, 9, 11])
        #expect(notices.notices[2].head == head)
        #expect(try await Logs.verification(of: path, heads: notices.notices.map(\.head)).isIntact)
    }

    @Test("an idle log writes checkpoints")
    func idle() async throws {
        var configuration = Logs.quiet
        configuration.idleCheckpoint = .milliseconds(30)
        let log = try await AuditLog.open(path, configuration: configuration)
        try await log.record(Events.issue())
        while try await AuditLogReader.open(path).head().sequence < 4 {
            try await Task.sleep(for: .milliseconds(10))
        }
        let records = try await Logs.entries(of: path).compactMap(\.record)
        #expect(records.filter { $0.detail["reason"] == "idle" }.count >= 2)
        await log.close()
    }

    static let journals: [(version: Int32, mode: JournalMode)] = [
        (3_040_001, .truncate), (3_044_005, .truncate), (3_044_006, .wal), (3_045_000, .truncate),
        (3_050_006, .truncate),
        (3_050_007, .wal), (3_051_000, .truncate), (3_051_002, .truncate), (3_051_003, .wal), (3_053_000, .wal),
    ]

    @Test("the journal mode is the one that this version of SQLite handles safely", arguments: journals)
    func journal(version: Int32, mode: JournalMode) { #expect(JournalMode.safest(for: version) == mode) }
}
