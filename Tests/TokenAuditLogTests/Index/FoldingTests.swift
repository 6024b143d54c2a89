import AuthTokens
import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Indexing", .timeLimit(.minutes(5)))
struct FoldingTests {
    let folder: TemporaryFolder
    var path: String { folder.path("tokens.auditlog") }

    init() throws { folder = try TemporaryFolder() }

    private func indexed() throws -> Int64 {
        let connection = try Connection(path: path, mode: .reading)
        connection.wait(atMost: .seconds(10))
        return try connection.lastIndexed()?.through ?? 0
    }

    private func unindexed() -> AuditLogConfiguration {
        var configuration = Logs.bare
        configuration.indexBatch = 1_000_000
        return configuration
    }

    @Test("the index follows the events, at most a batch behind, and a search always finds all")
    func follows() async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        let reader = try await AuditLogReader.open(path)
        var filter = AuditFilter()
        filter.user = "app"
        for number in 1...40 {
            try await log.record(Events.issue(number))
            #expect(
                try await reader.entries(matching: filter).entries.map(\.sequence) == (1...Int64(number)).reversed()
            )
        }
        await log.close()
        #expect(try indexed() == 40)
        #expect(try await Logs.verification(of: path, checkingIndexes: true).findings == [])
    }

    @Test("the index of a log far behind catches up while no event waits")
    func catchesUp() async throws {
        try await Logs.write(100, to: path, configuration: unindexed())
        #expect(try indexed() == 0)
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        try await log.record(Events.issue())
        // A batch is 8 rows, and fewer may wait.
        while try indexed() < 101 - 7 { try await Task.sleep(for: .milliseconds(10)) }
        await log.close()
        #expect(try await Logs.verification(of: path, checkingIndexes: true).findings == [])
    }

    @Test("reindexing while events are recorded leaves nothing out")
    func reindexing() async throws {
        try await Logs.write(100, to: path, configuration: unindexed())
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        async let writing: Void = Logs.write(50, to: log, from: 101)
        for _ in 0..<5 { try await log.reindex() }
        try await writing
        try await log.reindex()
        await log.close()
        #expect(try indexed() == 150)
        #expect(try await Logs.verification(of: path, checkingIndexes: true).findings == [])
        #expect(await Logs.code { try await log.reindex() } == .closed)
    }

    @Test("reindexing a log without rows does nothing")
    func empty() async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        try await log.reindex()
        #expect(try await AuditLogReader.open(path).entries().entries == [])
        #expect(try await Logs.verification(of: path, checkingIndexes: true).findings == [])
        try await Logs.write(20, to: log)
        try await log.prune(before: .distantFuture)
        try await log.prune(before: .distantFuture)
        try await log.reindex()
        await log.close()
        #expect(try await AuditLogReader.open(path).entries().entries.map(\.record?.activity) == [.prune])
        #expect(try await Logs.verification(of: path, checkingIndexes: true).findings == [])
    }

    @Test("a batch ends with its segment, and pruning deletes the entries of whole segments")
    func segments() throws {
        let room = try IndexRoom()
        let end = Segment(number: 0).rows.upperBound
        for offset in Int64(0)..<20 { try room.add(end - 9 + offset, user: "u", seconds: offset) }
        try room.fold()
        #expect(try room.connection.lastIndexed()?.through == end)
        try room.fold()
        #expect(try room.connection.lastIndexed()?.through == end + 10)
        let committer = try Committer(path: room.path, configuration: Logs.bare)
        let count = "SELECT count(*) FROM lookup WHERE segment = 0"
        try committer.prune(before: Date(timeIntervalSince1970: 9))
        #expect(try room.connection.integer(count) == 30)
        #expect(try room.findings() == [])
        try committer.prune(before: Date(timeIntervalSince1970: 10))
        #expect(try room.connection.integer(count) == 0)
        #expect(try room.connection.integer("SELECT min(number) FROM segment") == 1)
        #expect(try room.findings() == [])
        var filter = AuditFilter()
        filter.user = "u"
        #expect(try room.search(filter) == room.scan(filter))
    }

    @Test("indexing that meets a lock stops no event and is done later", arguments: ["BEGIN IMMEDIATE", "BEGIN"])
    func locked(sql: String) async throws {
        try await Logs.write(10, to: path, configuration: unindexed())
        let committer = try Committer(path: path, configuration: Logs.bare)
        let other = try Connection(path: path, mode: .writing)
        try other.execute(sql)
        #expect(try other.integer("SELECT count(*) FROM event") == 10)
        #expect(committer.foldIndex() != nil)
        other.rollBack()
        #expect(try indexed() == 0)
        // It is not tried again before a few more rows are there.
        #expect(committer.foldIndex() != nil)
        #expect(try indexed() == 0)
        try committer.transaction(until: .now + .seconds(1)) {
            for _ in 0..<2 { try committer.append(.gap, [:]) }
        }
        #expect(committer.foldIndex() == nil)
        #expect(try indexed() == 8)
        #expect(try await Logs.verification(of: path, checkingIndexes: true).findings == [])
    }

    @Test("indexing that meets a lock is done seconds later even if no event comes")
    func lockedAndIdle() async throws {
        try await Logs.write(10, to: path, configuration: unindexed())
        let committer = try Committer(path: path, configuration: Logs.bare)
        let other = try Connection(path: path, mode: .writing)
        try other.execute("BEGIN IMMEDIATE")
        #expect(committer.foldIndex() != nil)
        other.rollBack()
        while let pause = committer.foldIndex() { try await Task.sleep(for: pause) }
        #expect(try indexed() == 8)
    }

    @Test("indexing on a full disk spends no ballast, and stops while the ballast is spent")
    func fullDisk() async throws {
        let layer = FaultyFileLayer()
        var configuration = layer.configuration(unindexed())
        configuration.ballastSize = 65536
        try await Logs.write(100, to: path, configuration: configuration)
        configuration.indexBatch = 100
        let committer = try Committer(path: path, configuration: configuration)
        let size = try Data(contentsOf: URL(filePath: path)).count
        layer.limit(size, ballastOf: path, size: 0)
        #expect(committer.foldIndex() != nil)
        #expect(FileManager.default.fileExists(atPath: path + ".ballast"))
        #expect(try indexed() == 0)
        layer.limit(0, ballastOf: path, size: 0)
        try committer.transaction(until: .now + .seconds(1)) {
            for _ in 0..<100 { try committer.append(.gap, [:]) }
        }
        try FileManager.default.removeItem(atPath: path + ".ballast")
        #expect(committer.foldIndex() == nil)
        #expect(try indexed() == 0)
        try Data().write(to: URL(filePath: path + ".ballast"))
        #expect(committer.foldIndex() != nil)
        #expect(try indexed() == 100)
        #expect(try await Logs.verification(of: path, checkingIndexes: true).findings == [])
    }

    @Test("several writers that index at once do each row once")
    func several() async throws {
        try await Logs.write(400, to: path, configuration: unindexed())
        let path = self.path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let committer = try Committer(path: path, configuration: Logs.bare)
                    for _ in 0..<8 { _ = committer.foldIndex() }
                }
            }
            try await group.waitForAll()
        }
        #expect(try indexed() > 0)
        #expect(try await Logs.verification(of: path, checkingIndexes: true).findings == [])
    }
}
