import Foundation
import Synchronization
import TestSupport
import Testing

@testable import TokenAuditLog

/// How long an event waits is measured by `audit-bench beside`: a busy machine makes every wait long.
@Suite("Reading beside a writer", .timeLimit(.minutes(5)))
struct BesideWriterTests {
    private static let rows = 20_000

    /// One event after another, until it is told to stop.
    ///
    /// Returns how many.
    private static func write(to log: AuditLog, while goesOn: @Sendable () -> Bool) async throws -> Int {
        var number = 0
        while goesOn() || number == 0 {
            number += 1
            try await log.record(Events.issue(number))
        }
        return number
    }

    @Test("events are recorded in the middle of a verification, and are part of it", arguments: ["truncate", "wal"])
    func verification(journal: String) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        var configuration = Logs.bare
        configuration.journalMode = JournalMode(rawValue: journal)
        try Logs.writeAtOnce(Self.rows, to: path, configuration: configuration)
        let log = try await AuditLog.open(path, configuration: configuration)
        let isOver = Mutex(false)
        async let written = Self.write(to: log) { !isOver.withLock { $0 } }
        var letIn = 0
        while letIn < 3 {
            let before = try await AuditLogReader.open(path).head().sequence
            let report = try await Logs.verification(of: path)
            #expect(report.isIntact)
            letIn += report.head.sequence > before ? 1 : 0
        }
        #expect(try await OtherVerifier.verify(path).status == 0)
        isOver.withLock { $0 = true }
        #expect(try await written > 0)
        await log.close()
    }
}
