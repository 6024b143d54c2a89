import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Reading only", .timeLimit(.minutes(2)))
struct ReadOnlyTests {
    let folder: TemporaryFolder
    var path: String { folder.path("live/tokens.auditlog") }

    init() throws { folder = try TemporaryFolder() }

    private func useAll(_ reader: AuditLogReader) async throws {
        _ = try await reader.head()
        _ = try await reader.page()
        _ = try await reader.verify()
        _ = try await reader.statistics()
        _ = try await reader.trace(token: "x")
        _ = try await reader.export(.jsonLines) { _ in }
        await reader.close()
    }

    @Test("reading leaves no trace in the directory", arguments: ["truncate", "wal"])
    func noTrace(journal: String) async throws {
        var configuration = Logs.bare
        configuration.journalMode = JournalMode(rawValue: journal)
        try await Logs.write(10, to: path, configuration: configuration)
        let before = try snapshot()
        try await useAll(try await AuditLogReader.open(path))
        #expect(try snapshot() == before)
    }

    @Test("a reader sees what a writer has just committed", arguments: ["truncate", "wal"])
    func live(journal: String) async throws {
        var configuration = Logs.bare
        configuration.journalMode = JournalMode(rawValue: journal)
        let log = try await AuditLog.open(path, configuration: configuration)
        try await log.record(Events.issue(1))
        let reader = try await AuditLogReader.open(path)
        for number in 2...5 {
            try await log.record(Events.issue(number))
            #expect(try await reader.head().sequence == Int64(number))
        }
        await log.close()
        try await useAll(try await AuditLogReader.open(path))
    }

    @Test("a reader that opened a log without writers sees a later writer's rows")
    func laterWriter() async throws {
        var configuration = Logs.bare
        configuration.journalMode = .wal
        try await Logs.write(2, to: path, configuration: configuration)
        let reader = try await AuditLogReader.open(path)
        let log = try await AuditLog.open(path, configuration: configuration)
        try await log.record(Events.issue(3))
        #expect(try await reader.head().sequence == 3)
        await log.close()
        #expect(try await reader.head().sequence == 3)
    }

    @Test("reading a missing log fails with notFound and creates nothing")
    func missing() async throws {
        #expect(await Logs.code { _ = try await AuditLogReader.open(path) } == .notFound)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
    }

    @Test("a reader of a file that is replaced shows the new file", arguments: ["truncate", "wal"])
    func restored(journal: String) async throws {
        var configuration = Logs.bare
        configuration.journalMode = JournalMode(rawValue: journal)
        let log = try await AuditLog.open(path, configuration: configuration)
        try await Logs.write(3, to: log)
        let reader = try await AuditLogReader.open(path)
        #expect(try await reader.page().entries.count == 3)
        await log.close()
        let other = folder.path("live/other")
        try await Logs.write(5, to: other, configuration: configuration)
        let head = try await AuditLogReader.open(other).head()
        // The old file's write-ahead log does not belong to the new file.
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        #expect(rename(other, path) == 0)
        #expect(try await reader.head() == head)
        #expect(try await reader.page().entries.count == 5)
        try FileManager.default.removeItem(atPath: path)
        #expect(await Logs.code { _ = try await reader.head() } == .notFound)
    }

    @Test("after a writer's crash all is read, from a private copy, and the log is left to the next writer")
    func hotJournal() async throws {
        try await Logs.write(3, to: path)
        let head = try await AuditLogReader.open(path).head()
        try crash()
        let before = try snapshot()
        let reader = try await AuditLogReader.open(path)
        #expect(await reader.isReadingCopy)
        #expect(try await reader.head() == head)
        let report = try await reader.verify(heads: [head])
        #expect(report.isIntact && report.rows == 3 && report.remarks.map(\.kind) == [.recovered])
        try await useAll(reader)
        #expect(try snapshot() == before)
        try await Logs.write(1, to: path)
        #expect(try await reader.head().sequence == 4)
        #expect(await !reader.isReadingCopy)
        #expect(try await Logs.verification(of: path).remarks == [])
    }

    /// What lies beside a log in write-ahead mode, with a crash of its writers.
    @Test("a write-ahead log that a crash has left is read, with or without its -shm", arguments: [true, false])
    func hotWriteAheadLog(hasIndex: Bool) async throws {
        var configuration = Logs.bare
        configuration.journalMode = .wal
        let log = try await AuditLog.open(path, configuration: configuration)
        try await Logs.write(5, to: log)
        let head = try await AuditLogReader.open(path).head()
        // What a kill leaves: copies of the files as they are, with no process at work on them.
        let crashed = folder.path("live/crashed")
        for suffix in ["", "-wal"] + (hasIndex ? ["-shm"] : []) {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: crashed + suffix)
        }
        await log.close()
        let before = try snapshot()
        let reader = try await AuditLogReader.open(crashed)
        #expect(try await reader.head() == head)
        #expect(try await reader.verify(heads: [head]).isIntact)
        try await useAll(reader)
        if !hasIndex { #expect(try snapshot() == before) }
    }

    /// Begins a transaction, copies file and journal while it is open, and puts both in the log's place.
    private func crash() throws {
        let writer = try Connection(path: path, mode: .writing)
        try writer.execute(
            "PRAGMA journal_mode = TRUNCATE; PRAGMA cache_spill = 1; PRAGMA cache_size = 1; BEGIN IMMEDIATE"
        )
        try writer.execute("CREATE TABLE filler (a)")
        for _ in 0..<50 { try writer.execute("INSERT INTO filler VALUES (zeroblob(4000))") }
        for suffix in ["", "-journal"] {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: folder.path("crash" + suffix))
        }
        writer.rollBack()
        for suffix in ["", "-journal"] {
            try FileManager.default.removeItem(atPath: path + suffix)
            try FileManager.default.moveItem(atPath: folder.path("crash" + suffix), toPath: path + suffix)
        }
    }

    /// Names, bytes and times of all files.
    private func snapshot() throws -> [String: [String]] {
        var files: [String: [String]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path("live")) {
            let file = folder.path("live/" + name)
            let changed = try FileManager.default.attributesOfItem(atPath: file)[.modificationDate] as? Date
            files[name] = ["\(try Data(contentsOf: URL(filePath: file)).hashValue)", "\(changed ?? .distantPast)"]
        }
        return files
    }
}
