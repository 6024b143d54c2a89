import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("What is left of pruned rows", .timeLimit(.minutes(5)))
struct PrunedTests {
    let folder: TemporaryFolder
    var path: String { folder.path("tokens.auditlog") }

    init() throws { folder = try TemporaryFolder() }

    /// Marks ten of twenty rows as pruned and deletes `count` of them, as an interrupted pruning does.
    ///
    /// - Returns: The log's heads at its rows 1 to 20.
    private func prune(deleting count: Int64) async throws -> [AuditHead] {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        var heads: [AuditHead] = []
        for number in 1...20 {
            try await Logs.write(1, to: log, from: number)
            heads.append(try await AuditLogReader.open(path).head())
        }
        await log.close()
        let committer = try Committer(path: path, configuration: Logs.bare)
        let detail = ["seq": "10", "chain": Hexadecimal.encode(heads[9].chainHash)]
        try committer.transaction(until: .now + .seconds(1)) {
            try committer.store.insertPrunePoint(heads[9], at: Events.start)
            try committer.append(.prune, detail)
        }
        try committer.store.connection.execute("DELETE FROM event WHERE seq <= \(count)")
        return heads
    }

    private func verify(_ heads: [AuditHead] = []) async throws -> [String] {
        let report = try await Logs.verification(of: path, heads: heads)
        let other = try await OtherVerifier.verify(path, heads: heads)
        #expect(other.findings == report.lines && other.head == report.head.description)
        #expect(other.status == (report.isIntact ? 0 : 1))
        return report.lines
    }

    @Test(
        "an interrupted pruning is no finding, and a kept head of a pruned row is one",
        arguments: [0, 1, 4, 9, 10]
    )
    func interrupted(count: Int64) async throws {
        let heads = try await prune(deleting: count)
        #expect(try await verify() == [])
        #expect(try await verify([heads[10], heads[19]]) == [])
        #expect(try await verify([heads[9]]) == ["head-pruned 10"])
        #expect(try await verify([heads[3]]) == ["head-pruned 4"])
        let reader = try await AuditLogReader.open(path)
        #expect(try await reader.verify(from: heads[14], heads: [heads[11]]).rows == 9)
        #expect(try await reader.verify(from: heads[3]).lines == ["head-pruned 4"])
    }

    @Test("rows left by a pruning are checked like others, however short the read transactions", arguments: [0, 1, 20])
    func steps(pace: Int) async throws {
        _ = try await prune(deleting: 4)
        let verifier = ChainVerifier(file: ReadOnlyFile(path: path), timeout: .seconds(10), pace: .milliseconds(pace))
        #expect(try verifier.verify().isIntact)
        try await Forgery.forge(path, "row", 7)
        #expect(try verifier.verify().lines == ["chain-broken 8"])
        try await Forgery.forge(path, "payload", 6)
        #expect(try verifier.verify().lines == ["chain-broken 8", "payload-altered 6"])
    }

    @Test("rows inserted among the pruned ones are found")
    func restored() async throws {
        _ = try await prune(deleting: 10)
        try await Forgery.forge(path, "restore", 6)
        #expect(try await verify() == ["rows-missing 7"])
        try await Forgery.forge(path, "restore", 10)
        #expect(try await verify() == ["chain-broken 10", "rows-missing 7"])
    }

    @Test("rows missing at the end of the pruned ones are found")
    func shortened() async throws {
        _ = try await prune(deleting: 3)
        try await Forgery.forge(path, "remove", 10)
        #expect(try await verify() == ["rows-missing 10"])
        try await Forgery.forge(path, "remove", 8)
        #expect(try await verify() == ["rows-missing 10", "rows-missing 8"])
    }

    /// Writes `count` rows.
    private func fill(_ count: Int) async throws -> AuditHead {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...count {
                group.addTask { try await log.record(Events.issue(number, at: Events.start)) }
            }
            try await group.waitForAll()
        }
        await log.close()
        return try await AuditLogReader.open(path).head()
    }

    /// Prunes again and again, as another process would, all but the last hundred rows before `end`.
    @concurrent
    private static func prune(_ path: String, before end: Int64) async throws {
        let committer = try Committer(path: path, configuration: Logs.bare)
        for last in Swift.stride(from: Int64(100), through: end - 100, by: 100) {
            let store = committer.store
            let mark = try store.connection.row(before: last + 1, logID: store.logID, hasher: ChainHasher())
            try committer.transaction(until: .now + .seconds(10)) {
                try store.insertPrunePoint(mark, at: Events.start)
                try committer.append(.prune, ["seq": String(last), "chain": Hexadecimal.encode(mark.chainHash)])
            }
            try committer.prune(before: .distantPast, stride: 20)
        }
    }

    private func isPruning(_ head: AuditHead) async throws -> Bool {
        try await AuditLogReader.open(path).head().sequence < head.sequence + head.sequence / 100 - 1
    }

    @Test("a verification while another process prunes finds nothing")
    func concurrent() async throws {
        let head = try await fill(3000)
        async let pruning: Void = Self.prune(path, before: head.sequence)
        let file = ReadOnlyFile(path: path)
        let verifier = ChainVerifier(file: file, timeout: .seconds(10), heads: [head], pace: .microseconds(200))
        while try await isPruning(head) { #expect(try verifier.verify().lines == []) }
        try await pruning
        #expect(try verifier.verify().lines == [])
    }

    @Test("a backup taken while another process prunes holds no pruned row")
    func backup() async throws {
        let head = try await fill(1000)
        async let pruning: Void = Self.prune(path, before: head.sequence)
        var copies = 0
        while try await isPruning(head) {
            copies += 1
            let source = try ReadOnlyFile(path: path).open(limit: .seconds(10))
            let copy = folder.path("copy\(copies)")
            _ = try Backup(source: source, path: copy, stride: 2).run()
            #expect(try await Logs.verification(of: copy).lines == [])
            let first = try Connection(path: copy, mode: .reading).integer("SELECT min(seq) FROM event") ?? 0
            let mark = try Connection(path: copy, mode: .reading).integer("SELECT max(through_seq) FROM anchor") ?? 0
            #expect(first == mark + 1)
        }
        try await pruning
    }
}
