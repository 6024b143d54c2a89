import AuthTokens
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Faults of disk and file", .timeLimit(.minutes(5)))
struct FaultTests {
    let folder: TemporaryFolder
    var path: String { folder.path("live/tokens.auditlog") }

    init() throws { folder = try TemporaryFolder() }

    @Test("an event fails with busy while another process holds the lock, and the next is stored")
    func hungLockHolder() async throws {
        var configuration = Logs.bare
        // Long enough for a writer that comes late, as the lock is given up before the event is.
        configuration.timeout = .seconds(20)
        let log = try await AuditLog.open(path, configuration: configuration)
        let holder = try Connection(path: path, mode: .writing)
        try holder.execute("BEGIN EXCLUSIVE")
        #expect(await Logs.code { try await log.record(Events.issue(1)) } == .busy)
        holder.rollBack()
        try await log.record(Events.issue(2))
        await log.close()
        let records = try await Logs.entries(of: path).compactMap(\.record)
        #expect(records.map(\.activity) == [.gap, .issue])
        #expect(records[0].detail == ["events": "1", "issued": "1"])
    }

    @Test("a later event waits for the lock as long as the one that has failed")
    func laterEvent() async throws {
        let holder = Mutex<Connection?>(nil)
        var configuration = Logs.bare
        configuration.timeout = .seconds(20)
        // On the log's own thread: the test's may come too late.
        configuration.notify = { notice in
            if notice.kind == .eventsLost { holder.withLock { $0?.rollBack() } }
        }
        let log = try await AuditLog.open(path, configuration: configuration)
        try holder.withLock {
            let connection = try Connection(path: path, mode: .writing)
            try connection.execute("BEGIN EXCLUSIVE")
            $0 = connection
        }
        async let first = Logs.code { try await log.record(Events.issue(1)) }
        while log.queue.isIdle { try await Task.sleep(for: .milliseconds(1)) }
        // The later event's deadline must come well after the first one's, which is near by then.
        while let deadline = log.queue.firstDeadline(), SuspendingClock.now < deadline - .seconds(1) {
            try await Task.sleep(for: .milliseconds(5))
        }
        async let second = Logs.code { try await log.record(Events.issue(2)) }
        #expect(await first == .busy)
        #expect(await second == nil)
        await log.close()
    }

    @Test("an event fails with timedOut while the disk hangs")
    func hungDisk() async throws {
        let layer = FaultyFileLayer()
        var configuration = layer.configuration()
        configuration.timeout = .seconds(20)
        let log = try await AuditLog.open(path, configuration: configuration)
        try await log.record(Events.issue(1))
        layer.hang(true)
        async let first = Logs.code { try await log.record(Events.issue(2)) }
        try await layer.waitUntilHung()
        async let second = Logs.code { try await log.record(Events.issue(3)) }
        #expect(await [first, second] == [.timedOut, .timedOut])
        layer.hang(false)
        await log.close()
        // The event in flight was stored late: the log may hold too many events, never too few.
        let fingerprints = try await Logs.entries(of: path).compactMap { $0.record?.token?.fingerprint }
        #expect(fingerprints.contains(Events.fingerprint(2)))
        #expect(try await Logs.verification(of: path).isIntact)
    }

    @Test("an event fails with inputOutput if the disk cannot synchronize, and acknowledged events stay")
    func failingSync() async throws {
        let layer = FaultyFileLayer()
        let log = try await AuditLog.open(path, configuration: layer.configuration())
        try await log.record(Events.issue(1))
        layer.failSyncs(true)
        #expect(await Logs.code { try await log.record(Events.issue(2)) } == .inputOutput)
        var required = Events.issue(3)
        required.isRequired = true
        #expect(await Logs.code { try await log.record(required) } == .inputOutput)
        layer.failSyncs(false)
        try await log.record(Events.issue(4))
        await log.close()
        let records = try await Logs.entries(of: path).compactMap(\.record)
        #expect(records.map(\.activity) == [.issue, .gap, .issue])
        // A token that waited for its record was not issued.
        #expect(records[1].detail == ["events": "2", "issued": "1"])
        #expect(try await Logs.verification(of: path).isIntact)
    }

    @Test("rows that were not stored do not count toward the next checkpoint")
    func uncounted() async throws {
        let layer = FaultyFileLayer()
        var configuration = layer.configuration()
        configuration.checkpointInterval = 4
        let log = try await AuditLog.open(path, configuration: configuration)
        try await log.record(Events.issue(1))
        layer.failSyncs(true)
        for number in 2...4 { #expect(await Logs.code { try await log.record(Events.issue(number)) } == .inputOutput) }
        layer.failSyncs(false)
        try await log.record(Events.issue(5))
        #expect(try await Logs.entries(of: path).compactMap(\.record?.activity) == [.issue, .gap, .issue])
        try await log.record(Events.issue(6))
        await log.close()
        let activities = try await Logs.entries(of: path).compactMap(\.record?.activity)
        #expect(activities == [.issue, .gap, .issue, .issue, .checkpoint])
    }

    @Test("a full disk costs the reserve, then events fail with diskFull, and later the gap is recorded")
    func fullDisk() async throws {
        let layer = FaultyFileLayer()
        var configuration = layer.configuration()
        configuration.reserveSize = 65536
        let notices = Notices()
        configuration.notify = { notices.add($0) }
        let log = try await AuditLog.open(path, configuration: configuration)
        layer.limit(300_000, reserveOf: path, size: 65536)
        var stored = 0
        while await Logs.code({ try await log.record(Events.issue(stored)) }) == nil { stored += 1 }
        #expect(await Logs.code { try await log.record(Events.issue(stored)) } == .diskFull)
        #expect(!FileManager.default.fileExists(atPath: path + ".reserve"))
        #expect(notices.kinds == [.reserveSpent, .eventsLost, .eventsLost])

        layer.limit(0, reserveOf: path, size: 0)
        try await log.record(Events.issue(stored + 1))
        try await log.checkpoint()
        #expect(FileManager.default.fileExists(atPath: path + ".reserve"))
        await log.close()
        let all = try await Logs.entries(of: path).compactMap(\.record)
        #expect(all.filter { $0.activity == .reserveSpent }.map(\.detail) == [["bytes": "65536"]])
        let records = all.filter { $0.activity != .reserveSpent }
        #expect(records.map(\.activity) == Array(repeating: .issue, count: stored) + [.gap, .issue, .checkpoint])
        #expect(records[stored].detail == ["events": "2", "issued": "2"])
        #expect(try await Logs.verification(of: path).isIntact)
    }

    @Test("under a file size limit all acknowledged events are stored and the rest is refused")
    func sizeLimit() async throws {
        let result = try await ChildProcess.run(
            try Repository.built("audit-writer"),
            [path, "app", "10000", "1", "200000"]
        )
        #expect(result.status == 1)
        #expect(result.lines.last == "diskFull")
        let stored = Set(try await Logs.entries(of: path).compactMap { $0.record?.id })
        #expect(stored.count > 50)
        #expect(Set(result.lines.dropLast()).subtracting(stored).isEmpty)
        #expect(try await Logs.verification(of: path).isIntact)
    }

    @Test("a log in a read-only directory fails with notPermitted and leaves nothing there")
    func readOnlyFolder() async throws {
        let closed = folder.path("closed")
        try FileManager.default.createDirectory(atPath: closed, withIntermediateDirectories: false)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.url.path)
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: closed)
        defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: closed) }
        let result = try await ChildProcess.run(
            try Repository.built("audit-writer"),
            [closed + "/tokens.auditlog", "app", "1", "1"]
        )
        #expect(result.lines == ["notPermitted"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: closed).isEmpty)
    }

    struct Displacement: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let journal: String
        let act: @Sendable (String) throws -> Void

        static let all =
            ["truncate", "wal"].flatMap { journal in
                [
                    Displacement(testDescription: "moved, \(journal)", journal: journal) {
                        try FileManager.default.moveItem(atPath: $0, toPath: $0 + ".old")
                    },
                    Displacement(testDescription: "deleted, \(journal)", journal: journal) {
                        try FileManager.default.removeItem(atPath: $0)
                    },
                    Displacement(testDescription: "replaced, \(journal)", journal: journal) {
                        try FileManager.default.copyItem(atPath: $0, toPath: $0 + ".copy")
                        guard rename($0 + ".copy", $0) == 0 else { throw CocoaError(.fileWriteUnknown) }
                    },
                ]
            } + [
                Displacement(testDescription: "-wal deleted", journal: "wal") {
                    try FileManager.default.removeItem(atPath: $0 + "-wal")
                }
            ]
    }

    @Test(
        "events fail with moved if the file is moved, deleted or replaced while open",
        arguments: Displacement.all
    )
    func displaced(displacement: Displacement) async throws {
        var configuration = Logs.bare
        configuration.journalMode = JournalMode(rawValue: displacement.journal)
        let log = try await AuditLog.open(path, configuration: configuration)
        try await log.record(Events.issue(1))
        try displacement.act(path)
        #expect(await Logs.code { try await log.record(Events.issue(2)) } == .moved)
        #expect(await Logs.code { try await log.record(Events.issue(3)) } == .moved)
    }

    @Test("an event fails with moved if the file is moved during its commit")
    func movedDuringCommit() async throws {
        let layer = FaultyFileLayer()
        var configuration = layer.configuration()
        configuration.journalMode = .wal
        let log = try await AuditLog.open(path, configuration: configuration)
        try await log.record(Events.issue(1))
        layer.hang(true)
        async let code = Logs.code { try await log.record(Events.issue(2)) }
        try await layer.waitUntilHung()
        try FileManager.default.moveItem(atPath: path, toPath: path + ".old")
        layer.hang(false)
        #expect(await code == .moved)
    }

    @Test("events fail with rewound if the file is restored from an old copy, until that is acknowledged")
    func rewound() async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        try await Logs.write(3, to: log)
        try await Forgery.forge(path, "truncate", 3)
        #expect(await Logs.code { try await log.record(Events.issue(4)) } == .rewound)
        let report = try await Logs.verification(of: path)
        try await log.reanchor(acknowledging: report, reason: "restored from the backup of Monday")
        try await log.record(Events.issue(5))
        await log.close()
        let activities = try await Logs.entries(of: path).compactMap(\.record?.activity)
        #expect(
            activities == [.issue, .issue, .gap, .reanchor, .issue]
                || activities == [.issue, .issue, .reanchor, .gap, .issue]
        )
        #expect(try await Logs.verification(of: path).isIntact)
    }
}

/// The notices of a log.
final class Notices: Sendable {
    private let all = Mutex<[AuditLogNotice]>([])

    func add(_ notice: AuditLogNotice) { all.withLock { $0.append(notice) } }

    var notices: [AuditLogNotice] { all.withLock { $0 } }
    var kinds: [AuditLogNotice.Kind] { notices.map(\.kind) }
}
