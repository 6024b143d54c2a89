import AuthTokens
import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Events lost just before a log is closed", .timeLimit(.minutes(5)))
struct GapTests {
    @Test("closing records how many events were lost", arguments: [true, false])
    func closing(recordsOpenAndClose: Bool) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        let layer = FaultyFileLayer()
        var configuration = layer.configuration()
        configuration.recordsOpenAndClose = recordsOpenAndClose
        let log = try await AuditLog.open(path, configuration: configuration)
        try await log.record(Events.issue(1))
        try await log.checkpoint()
        layer.failSyncs(true)
        #expect(await Logs.code { try await log.record(Events.issue(2)) } == .inputOutput)
        layer.failSyncs(false)
        await log.close()
        let records = try await Logs.entries(of: path).compactMap(\.record)
        let end: [TokenEvent.Activity] = recordsOpenAndClose ? [.gap, .checkpoint] : [.gap]
        #expect(records.map(\.activity) == (recordsOpenAndClose ? [.open] : []) + [.issue, .checkpoint] + end)
        #expect(records.first { $0.activity == .gap }?.detail == ["events": "1", "issued": "1"])
        #expect(try await Logs.verification(of: path).isIntact)
    }
}
