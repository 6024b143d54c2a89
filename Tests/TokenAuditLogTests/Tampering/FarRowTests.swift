import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("A forged row with a number that no log reaches", .timeLimit(.minutes(5)))
struct FarRowTests {
    @Test(
        "the row is found, and stops neither search nor count",
        arguments: [1 << 40, 1 << 62, Int64.max]
    )
    func farRow(number: Int64) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try await Logs.write(20, to: path)
        try Connection(path: path, mode: .writing).execute(
            """
            DROP TRIGGER event_in_sequence;
            INSERT INTO event SELECT \(number), payload, leaf_hash, chain_hash FROM event WHERE seq = 20
            """
        )
        let report = try await Logs.verification(of: path)
        #expect(report.findings.map(\.kind).contains(.rowsMissing))
        #expect(report.findings.first { $0.kind == .rowsMissing }?.sequence == 21)
        let reader = try await AuditLogReader.open(path)
        #expect(try await reader.statistics().total.issued == 21)
        var filter = AuditFilter()
        filter.user = "app"
        // A search begins below the highest possible number; a verification includes it.
        let newest = number == .max ? 20 : number
        #expect(try await reader.page(matching: filter).entries.map(\.sequence).first == newest)
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        let code = await Logs.code { try await Logs.write(20, to: log, from: 21) }
        #expect(code == (number == .max ? .damaged : nil))
        await log.close()
        _ = try await Logs.verification(of: path)
        let found = try await reader.page(matching: filter).entries
        #expect(found.count == (number == .max ? 20 : 41))
    }
}
