import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("A log that is reached through a symbolic link", .timeLimit(.minutes(2)))
struct SymbolicLinkTests {
    let folder: TemporaryFolder
    var file: String { folder.path("disk/real.auditlog") }
    var link: String { folder.path("tokens.auditlog") }

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path("disk"), withIntermediateDirectories: true)
    }

    private func configuration(_ journal: JournalMode) -> AuditLogConfiguration {
        var configuration = Logs.bare
        configuration.journalMode = journal
        configuration.reserveSize = 8192
        return configuration
    }

    private func makeLink(to target: String) throws {
        try? FileManager.default.removeItem(atPath: link)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
    }

    @Test(
        "is written and read in both journal modes, also through a chain of links",
        arguments: [JournalMode.wal, .truncate]
    )
    func both(journal: JournalMode) async throws {
        try await Logs.write(3, to: file, configuration: configuration(journal))
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("middle"),
            withDestinationPath: "disk/real.auditlog"
        )
        try makeLink(to: "middle")
        let log = try await AuditLog.open(link, configuration: configuration(journal))
        try await Logs.write(5, to: log, from: 10)
        // What is in the journal counts, too.
        let head = try await AuditLogReader.open(file).head()
        #expect(head.sequence == 8)
        #expect(try await AuditLogReader.open(link).head() == head)
        #expect(try await Logs.entries(of: link).count == 8)
        let report = try await Logs.verification(of: link, heads: [head])
        #expect(report.isIntact && report.rows == 8)
        await log.close()
        #expect(try await Logs.verification(of: link, heads: [head]).isIntact)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("."))
        #expect(Set(names) == ["disk", "middle", "tokens.auditlog"], "journals and the reserve lie beside the file")
    }

    @Test("tells its writer when the file is moved", arguments: [JournalMode.wal, .truncate])
    func moved(journal: JournalMode) async throws {
        try await Logs.write(3, to: file, configuration: configuration(journal))
        try makeLink(to: "disk/real.auditlog")
        let log = try await AuditLog.open(link, configuration: configuration(journal))
        try await Logs.write(1, to: log, from: 10)
        try FileManager.default.moveItem(atPath: file, toPath: file + ".old")
        let code = await Logs.code { try await Logs.write(1, to: log, from: 11) }
        #expect(code == .moved)
        await log.close()
    }

    @Test("is read from a copy after a crash", arguments: [JournalMode.wal])
    func crash(journal: JournalMode) async throws {
        let other = folder.path("other.auditlog")
        let log = try await AuditLog.open(other, configuration: configuration(journal))
        try await Logs.write(5, to: log)
        for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: other + suffix, toPath: file + suffix) }
        await log.close()
        try makeLink(to: "disk/real.auditlog")
        let reader = try await AuditLogReader.open(link)
        #expect(try await reader.head().sequence == 5)
        #expect(try await Logs.verification(of: link).rows == 5)
    }

    @Test("is read again when the link leads elsewhere")
    func turned() async throws {
        try await Logs.write(3, to: file)
        try await Logs.write(7, to: folder.path("disk/next.auditlog"))
        try makeLink(to: "disk/real.auditlog")
        let reader = try await AuditLogReader.open(link)
        #expect(try await reader.head().sequence == 3)
        try makeLink(to: "disk/next.auditlog")
        #expect(try await reader.head().sequence == 7)
    }

    @Test("has the mode of its journals set beside the file")
    func modes() async throws {
        try await Logs.write(3, to: file)
        try makeLink(to: "disk/real.auditlog")
        chmod(file, 0o666)
        _ = FileManager.default.createFile(atPath: file + "-shm", contents: nil, attributes: [.posixPermissions: 0o644])
        try await Logs.write(1, to: link, from: 10)
        var status = stat()
        #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o660)
        #expect(stat(file + "-shm", &status) != 0 || status.st_mode & 0o777 == 0o660)
    }
}
