import Foundation
import Synchronization
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Reading beside a writer", .timeLimit(.minutes(5)))
struct BesideWriterTests {
    /// One event after another, until it is told to stop. Returns the longest wait.
    private static func write(to log: AuditLog, while goesOn: @Sendable () -> Bool) async throws -> Duration {
        var longest = Duration.zero
        var number = 0
        while goesOn() || number == 0 {
            number += 1
            let event = Events.issue(number)
            longest = max(longest, try await ContinuousClock().measure { try await log.record(event) })
        }
        return longest
    }

    @Test("no event waits a second for a verification by either verifier", arguments: ["truncate", "wal"])
    func verification(journal: String) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        var configuration = Logs.bare
        configuration.journalMode = JournalMode(rawValue: journal)
        try Logs.writeAtOnce(20_000, to: path, configuration: configuration)
        let log = try await AuditLog.open(path, configuration: configuration)
        let isOver = Mutex(false)
        async let longest = Self.write(to: log) { !isOver.withLock { $0 } }
        #expect(try await Logs.verification(of: path).isIntact)
        #expect(try await OtherVerifier.verify(path).status == 0)
        isOver.withLock { $0 = true }
        #expect(try await longest < .seconds(1))
        await log.close()
    }
}
