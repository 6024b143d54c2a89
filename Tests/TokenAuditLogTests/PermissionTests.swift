import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Who may read a log", .timeLimit(.minutes(2)))
struct PermissionTests {
    let folder: TemporaryFolder
    var path: String { folder.path("there/tokens.auditlog") }

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path("there"), withIntermediateDirectories: false)
        try set(0o755, folder.path("there"))
    }

    private func set(_ mode: Int, _ path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("opening a log for writing takes other users' access away; its directory is left as it is")
    func existing() async throws {
        for journal in [JournalMode.truncate, .wal] {
            let log = path + journal.rawValue
            var configuration = Logs.bare
            configuration.journalMode = journal
            try await Logs.write(1, to: log, configuration: configuration)
            try set(0o664, log)
            _ = try await AuditLogReader.open(log)
            #expect(try mode(log) == 0o664)
            let writer = try await AuditLog.open(log, configuration: configuration)
            try await Logs.write(1, to: writer)
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path("there"))
            where name.hasPrefix("tokens.auditlog" + journal.rawValue) {
                #expect(try mode(folder.path("there/" + name)) == 0o600, "\(name)")
            }
            await writer.close()
        }
        #expect(try mode(folder.path("there")) == 0o755)
    }

    @Test("another program's database is refused before its mode is changed")
    func foreign() async throws {
        _ = FileManager.default.createFile(atPath: path, contents: Data(repeating: 0x41, count: 5000))
        try set(0o644, path)
        #expect(await Logs.code { _ = try await AuditLog.open(path) } == .notAnAuditLog)
        #expect(try mode(path) == 0o644)
    }
}
