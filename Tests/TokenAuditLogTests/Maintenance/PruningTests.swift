import AuthTokens
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Pruning in use", .timeLimit(.minutes(5)))
struct PruningTests {
    let folder: TemporaryFolder
    var path: String { folder.path("tokens.auditlog") }

    init() throws { folder = try TemporaryFolder() }

    private func left(through sequence: Int64) throws -> Int64? {
        try Connection(path: path, mode: .reading).integer("SELECT count(*) FROM event WHERE seq <= \(sequence)")
    }

    /// The log's clock, which lets the test act during a pruning.
    private final class Clock: Sendable {
        let act = Mutex<(@Sendable () -> Void)?>(nil)

        func now() -> Date {
            let act = act.withLock { act in
                defer { act = nil }
                return act
            }
            act?()
            return Events.start
        }
    }

    @Test("events recorded during a pruning do not wait for its end")
    func recordsMeanwhile() async throws {
        let (clock, path) = (Clock(), path)
        let lefts = Mutex<[Int64?]>([])
        var configuration = Logs.bare
        configuration.now = { clock.now() }
        try Logs.writeAtOnce(1000, to: path, configuration: configuration)
        // A notice of each transaction that adds a row comes on the thread that prunes: the prune point's, the event's.
        configuration.checkpointInterval = 1
        configuration.notify = { _ in
            let connection = try? Connection(path: path, mode: .reading)
            let left = try? connection?.integer("SELECT count(*) FROM event WHERE seq <= 1000")
            lefts.withLock { $0.append(left) }
        }
        let log = try await AuditLog.open(path, configuration: configuration)
        let recording = Mutex<Task<Void, any Error>?>(nil)
        clock.act.withLock {
            $0 = {
                recording.withLock { $0 = Task { try await log.record(Events.issue(2000)) } }
                // The step goes on once the event waits.
                while log.queue.isIdle { usleep(1000) }
            }
        }
        let pruning = try await log.prune(Pruner(before: .distantFuture, stride: 1))
        #expect(pruning.rows == 1000)
        try await recording.withLock { $0 }?.value
        let counts = lefts.withLock { $0 }
        #expect(counts.count == 2)
        #expect(try #require(counts.last ?? nil) > 0)
        await log.close()
        #expect(try await Logs.verification(of: path).isIntact)
    }

    @Test("pruning on a disk with little room takes smaller steps")
    func littleRoom() async throws {
        let layer = FaultyFileLayer()
        try Logs.writeAtOnce(1500, to: path, configuration: layer.configuration())
        let log = try await AuditLog.open(path, configuration: layer.configuration())
        layer.limit(try size() + 150_000, reserveOf: path, size: 0)
        #expect(try await log.prune(before: Events.start + 1401).rows == 1400)
        await log.close()
        #expect(try left(through: 1400) == 0)
        #expect(try await Logs.verification(of: path).isIntact)
    }

    @Test(
        "pruning on a disk with no room, or almost none, fails and changes nothing",
        arguments: [0, 25_000, 40_000]
    )
    func noRoom(room: Int) async throws {
        let layer = FaultyFileLayer()
        try Logs.writeAtOnce(300, to: path, configuration: layer.configuration())
        let log = try await AuditLog.open(path, configuration: layer.configuration())
        layer.limit(try size() + room, reserveOf: path, size: 0)
        #expect(await Logs.code { try await log.prune(before: Events.start + 201) } == .diskFull)
        layer.limit(0, reserveOf: path, size: 0)
        await log.close()
        #expect(try left(through: 300) == 300)
        #expect(try await Logs.entries(of: path).map(\.sequence) == Array(1...300))
    }

    @Test("pruning spends the reserve only if there is no other room")
    func reserve() async throws {
        let layer = FaultyFileLayer()
        var configuration = layer.configuration()
        configuration.reserveSize = 262_144
        try Logs.writeAtOnce(1500, to: path, configuration: configuration)
        let log = try await AuditLog.open(path, configuration: configuration)
        layer.limit(try size() + 150_000, reserveOf: path, size: 262_144)
        #expect(try await log.prune(before: Events.start + 701).rows == 700)
        #expect(FileManager.default.fileExists(atPath: path + ".reserve"))
        layer.limit(try size(), reserveOf: path, size: 262_144)
        #expect(try await log.prune(before: Events.start + 801).rows == 100)
        #expect(!FileManager.default.fileExists(atPath: path + ".reserve"))
        await log.close()
        #expect(try await Logs.verification(of: path).isIntact)
    }

    /// The size of the database in bytes; its journal is empty between transactions.
    private func size() throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    }

    /// Leaves rows in the log that are pruned and not deleted.
    private func writeInterrupted() async throws {
        try await Logs.write(40, to: path)
        let committer = try Committer(path: path, configuration: Logs.bare)
        var pruner = Pruner(before: Events.start + 21, stride: 10)
        for _ in 0..<5 where pruner.result.rows == 0 {
            _ = try pruner.step(committer, until: .now + .seconds(10))
        }
        #expect(pruner.result == AuditPruning(rows: 10, throughSequence: 20))
        #expect(try left(through: 20) == 10)
    }

    @Test("rows that are pruned but not yet deleted are in no list, count, trace or export")
    func interrupted() async throws {
        try await writeInterrupted()
        let reader = try await AuditLogReader.open(path)
        let expected = Array(Int64(21)...41)
        #expect(try await Logs.entries(of: path).map(\.sequence) == expected)
        for change: @Sendable (inout AuditFilter) -> Void in [{ $0.user = "app" }, { $0.until = .distantFuture }] {
            var filter = AuditFilter()
            change(&filter)
            let found = try await reader.page(matching: filter, limit: 100).entries.map(\.sequence)
            #expect(found.filter { $0 <= 40 } == expected.reversed().filter { $0 <= 40 })
        }
        #expect(try await reader.statistics().total.issued == 20)
        #expect(
            try await reader.trace(fingerprint: Events.fingerprint(15, at: Events.start + 15)).isKnown == false
        )
        #expect(try await reader.trace(fingerprint: Events.fingerprint(21, at: Events.start + 21)).isKnown)
        #expect(try await reader.export(.csv) { _ in }.rows == 21)
        #expect(try await reader.verify().rows == 21)
        #expect(try await OtherVerifier.verify(path).status == 0)
    }
}
