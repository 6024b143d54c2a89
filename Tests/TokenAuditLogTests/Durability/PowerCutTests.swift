import AuthTokens
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Power cuts", .timeLimit(.minutes(5)))
struct PowerCutTests {
    struct Survival: Sendable, CustomTestStringConvertible {
        let percent: Int
        let journal: String
        var testDescription: String { "\(percent) % of unsynchronized writes survive, \(journal)" }
    }

    static let survivals = [0, 50, 100].flatMap { percent in
        ["truncate", "wal"].map { Survival(percent: percent, journal: $0) }
    }

    @Test("a power cut loses no acknowledged row, whichever unsynchronized writes survive", arguments: survivals)
    func cuts(survival: Survival) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("live/tokens.auditlog")
        let layer = FaultyFileLayer()
        var configuration = layer.configuration()
        configuration.journalMode = survival.journal == "wal" ? .wal : .truncate
        let log = try await AuditLog.open(path, configuration: configuration)
        let promises = Promises()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { try await promises.keepWriting(to: log) } }
            for seed in 0..<12 {
                try await Task.sleep(for: .microseconds(Int.random(in: 500...4000)))
                let promised = promises.ids
                let copy = folder.path("cut-\(seed)")
                try layer.cutPower(of: folder.path("live"), into: copy, survivors: survival.percent, seed: UInt64(seed))
                try await expectAll(promised, in: copy + "/tokens.auditlog", journal: configuration.journalMode)
            }
            while promises.ids.count <= 12 { try await Task.sleep(for: .milliseconds(5)) }
            promises.end()
            try await group.waitForAll()
        }
        await log.close()
    }

    /// The events that were acknowledged.
    private final class Promises: Sendable {
        private let state = Mutex((ids: Set<String>(), isOver: false))

        var ids: Set<String> { state.withLock { $0.ids } }

        func end() { state.withLock { $0.isOver = true } }

        func keepWriting(to log: AuditLog) async throws {
            while !state.withLock({ $0.isOver }) {
                let event = Events.issue()
                try await log.record(event)
                state.withLock { _ = $0.ids.insert(event.id) }
            }
        }
    }

    private func expectAll(_ promised: Set<String>, in path: String, journal: JournalMode?) async throws {
        var configuration = Logs.bare
        configuration.journalMode = journal
        try await Logs.write(1, to: path, configuration: configuration)
        let stored = Set(try await Logs.entries(of: path).compactMap { $0.record?.id })
        #expect(promised.subtracting(stored).isEmpty)
        #expect(try await Logs.verification(of: path).findings == [])
    }
}

@Suite("Synchronization", .timeLimit(.minutes(5)))
struct SynchronizationTests {
    @Test("a commit synchronizes the journal three times and the database once")
    func truncate() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        let layer = FaultyFileLayer()
        var configuration = layer.configuration()
        configuration.journalMode = .truncate
        let log = try await AuditLog.open(path, configuration: configuration)
        try await log.record(Events.issue())
        let before = (layer.syncs(path), layer.syncs(path, "-journal"))
        for number in 0..<10 { try await log.record(Events.issue(number)) }
        #expect(layer.syncs(path) - before.0 == 10)
        #expect(layer.syncs(path, "-journal") - before.1 == 30)
        await log.close()
    }

    @Test("a commit with a write-ahead log synchronizes it once")
    func wal() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        let layer = FaultyFileLayer()
        var configuration = layer.configuration()
        configuration.journalMode = .wal
        let log = try await AuditLog.open(path, configuration: configuration)
        try await log.record(Events.issue())
        let before = layer.syncs(path, "-wal")
        for number in 0..<10 { try await log.record(Events.issue(number)) }
        #expect(layer.syncs(path, "-wal") - before == 10)
        await log.close()
    }

    @Test("many events at once need far fewer synchronizations than one by one")
    func shared() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        let layer = FaultyFileLayer()
        let log = try await AuditLog.open(path, configuration: layer.configuration())
        layer.delay(20)
        let before = layer.syncs(path)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<100 { group.addTask { try await log.record(Events.issue(number)) } }
            try await group.waitForAll()
        }
        let commits = layer.syncs(path) - before
        #expect((1...20).contains(commits))
        await log.close()
        #expect(try await Logs.entries(of: path).count == 100)
    }
}
