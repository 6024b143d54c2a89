import AuthTokens
import Foundation
import Testing

@testable import TokenAuditLog

struct RecordingTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `what is recorded is read back field by field`() async throws {
        let log = try await AuditLog.open(folder.log)
        var event = Events.issue(7)
        event.isRequired = true
        try await log.record(event)
        await log.close()

        let reader = try await AuditLogReader.open(folder.log)
        let entries = try await reader.entries().entries
        #expect(
            entries.map(\.record?.activity) == [.open, .issue] || entries.map(\.record?.activity) == [.issue, .open]
        )
        let record = try #require(entries.compactMap(\.record).first { $0.activity == .issue })
        #expect(record == AuditRecord(event, by: .current))
        #expect(try await reader.verify().findings == [])
    }

    @Test func `the file is for its owner alone`() async throws {
        let log = try await AuditLog.open(folder.log)
        try await log.record(Events.issue())
        await log.close()
        for (path, mode) in [(folder.log, 0o600), (folder.path + "/folder", 0o700)] {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == mode)
        }
    }
}
