import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Marks and rows with numbers that no log gives", .timeLimit(.minutes(5)))
struct FarNumberTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let sql: String
        /// What both verifiers find in the chain.
        var findings: [String] = []

        var testDescription: String { sql }

        static func mark(_ number: String, _ findings: String...) -> Case {
            Case(sql: "INSERT INTO anchor VALUES ('prune', \(number), zeroblob(32), 0)", findings: findings)
        }

        static func row(_ number: String, _ findings: String...) -> Case {
            Case(
                sql: "INSERT INTO event SELECT \(number), payload, leaf_hash, chain_hash FROM event WHERE seq = 20",
                findings: findings
            )
        }
    }

    static let least = "-9223372036854775808"
    static let most = "9223372036854775807"

    /// Of a log with twenty rows.
    static let cases = [
        Case.mark(most, "prune-unrecorded \(most)", "rows-missing 21"),
        .mark("9223372036854775806", "prune-unrecorded 9223372036854775806", "rows-missing 21"),
        .mark("0", "prune-unrecorded 0"),
        .mark("-5", "prune-unrecorded -5"),
        .mark(least, "prune-unrecorded \(least)"),
        .row("0", "rows-surplus 0"),
        .row("-1", "rows-surplus -1"),
        .row(least, "rows-surplus \(least)"),
        Case(
            sql: """
                INSERT INTO anchor VALUES ('prune', \(most), zeroblob(32), 0); DELETE FROM event;
                INSERT INTO event VALUES (-3, '{}', zeroblob(32), zeroblob(32))
                """,
            findings: ["prune-unrecorded \(most)", "rows-surplus -3"]
        ),
        Case(
            sql: "DELETE FROM event; INSERT INTO event VALUES (\(least), '{}', zeroblob(32), zeroblob(32))",
            findings: ["rows-surplus \(least)"]
        ),
        Case(sql: "INSERT INTO anchor VALUES ('verified', \(most), zeroblob(32), 0)"),
        Case(sql: "INSERT INTO anchor VALUES ('verified', \(least), zeroblob(32), 0)"),
    ]

    @Test("impossible numbers are found if they have an effect, and stop nothing", arguments: cases)
    func number(forgery: Case) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try await Logs.write(20, to: path)
        let connection = try Connection(path: path, mode: .writing)
        for name in ["event_in_sequence", "event_kept", "anchor_true"] {
            try connection.execute("DROP TRIGGER \(name)")
        }
        try connection.execute(forgery.sql)
        let report = try await Logs.verification(of: path)
        let isChain: (String) -> Bool = { !$0.hasPrefix("schema-altered") && !$0.hasPrefix("index-altered") }
        #expect(report.lines.filter(isChain) == forgery.findings.sorted())
        #expect(try await OtherVerifier.verify(path).findings == forgery.findings.sorted())
        try await use(path)
    }

    /// Makes every kind of call on a log; each succeeds or fails with a typed error.
    private func use(_ path: String) async throws {
        let reader = try await AuditLogReader.open(path)
        var codes: [AuditLogError.Code?] = []
        codes.append(await Logs.code { _ = try await reader.verify(from: reader.head()) })
        codes.append(await Logs.code { _ = try await reader.statistics() })
        codes.append(await Logs.code { _ = try await Logs.entries(of: path) })
        codes.append(await Logs.code { _ = try await reader.export(.jsonLines) { _ in } })
        codes.append(await Logs.code { _ = try await reader.backUp(to: path + ".copy") })
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        codes.append(await Logs.code { try await Logs.write(20, to: log, from: 21) })
        codes.append(await Logs.code { _ = try await log.prune(before: Events.start + 5) })
        await log.close()
        codes.append(await Logs.code { _ = try await Logs.verification(of: path) })
        #expect(codes.allSatisfy { $0 == nil || [.damaged, .sqlite, .pruned].contains($0) }, "\(codes)")
    }
}
