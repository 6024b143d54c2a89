import AuthTokens
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("What a log says of events that it could not take", .timeLimit(.minutes(5)))
struct LossTests {
    let folder: TemporaryFolder
    var path: String { folder.path("tokens.auditlog") }

    init() throws { folder = try TemporaryFolder() }

    @Test("an event that is too large counts as lost")
    func tooLarge() async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        let giant = Events.issue(user: String(repeating: "x", count: 70_000))
        #expect(await Logs.code { try await log.record(giant) } == .tooLarge)
        try await log.record(Events.issue(2))
        await log.close()
        let records = try await Logs.entries(of: path).compactMap(\.record)
        #expect(records.first { $0.activity == .gap }?.detail == ["events": "1", "issued": "1"])
    }

    @Test("a notice comes of events that were given up while the disk hung")
    func hungDisk() async throws {
        let layer = FaultyFileLayer()
        var configuration = layer.configuration()
        configuration.timeout = .seconds(20)
        let lost = Mutex(0)
        configuration.notify = { notice in
            if notice.kind == .eventsLost { lost.withLock { $0 += notice.count } }
        }
        let log = try await AuditLog.open(path, configuration: configuration)
        layer.hang(true)
        async let first = Logs.code { try await log.record(Events.issue(1)) }
        try await layer.waitUntilHung()
        async let second = Logs.code { try await log.record(Events.issue(2)) }
        #expect(await first == .timedOut)
        #expect(await second == .timedOut)
        layer.hang(false)
        try await log.record(Events.issue(3))
        await log.close()
        let records = try await Logs.entries(of: path).compactMap(\.record)
        #expect(records.map(\.activity) == [.issue, .gap, .issue])
        #expect(lost.withLock { $0 } == 1)
    }
}
