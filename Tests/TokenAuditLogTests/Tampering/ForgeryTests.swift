import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Forgeries", .timeLimit(.minutes(5)))
struct ForgeryTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let action: String
        let sequence: Int64
        /// What is found with nothing but the log.
        let findings: [String]
        /// What is also found with the head that was kept elsewhere.
        var withHead: [String] = []
        /// What only the first verifier checks: tables and triggers.
        var schema: [String] = []

        var testDescription: String { "\(action) \(sequence)" }
    }

    /// The log has 40 issues between an opening (row 1) and a last checkpoint; a checkpoint after each ten rows.
    static let cases = [
        Case(action: "payload", sequence: 7, findings: ["payload-altered 7"]),
        Case(action: "leaf", sequence: 7, findings: ["chain-broken 7"]),
        Case(action: "row", sequence: 7, findings: ["chain-broken 8"]),
        Case(
            action: "rewrite",
            sequence: 7,
            findings: ["checkpoint-mismatch 11", "checkpoint-mismatch 22", "checkpoint-mismatch 33"]
                + ["checkpoint-mismatch 44", "checkpoint-mismatch 46"],
            withHead: ["head-mismatch 46"]
        ),
        Case(action: "rewrite-all", sequence: 7, findings: [], withHead: ["head-mismatch 46"]),
        Case(action: "splice", sequence: 7, findings: [], withHead: ["truncated 46"]),
        Case(action: "remove", sequence: 7, findings: ["rows-missing 7"]),
        Case(action: "remove", sequence: 1, findings: ["rows-missing 1"]),
        Case(
            action: "swap",
            sequence: 7,
            findings: ["chain-broken 7", "chain-broken 8", "chain-broken 9"]
        ),
        Case(action: "truncate", sequence: 40, findings: [], withHead: ["truncated 40"]),
        Case(action: "empty", sequence: 0, findings: [], withHead: ["truncated 1"]),
        Case(action: "append", sequence: 7, findings: ["chain-broken 47", "payload-altered 47"]),
        Case(action: "append-valid", sequence: 7, findings: []),
        Case(action: "prune", sequence: 20, findings: ["prune-unrecorded 20"]),
        Case(action: "except", sequence: 20, findings: ["prune-unrecorded 20"]),
        Case(action: "forget", sequence: 10, findings: [], withHead: ["truncated 12"]),
        Case(action: "forget", sequence: 46, findings: [], withHead: ["head-mismatch 46"]),
        Case(action: "forget", sequence: 60, findings: [], withHead: ["head-pruned 46"]),
        Case(action: "bless", sequence: 0, findings: []),
        Case(
            action: "rename",
            sequence: 0,
            findings: ["chain-broken 1", "checkpoint-mismatch 1"],
            withHead: ["foreign-head 0"]
        ),
        Case(action: "unguard", sequence: 0, findings: [], schema: ["schema-altered 0"]),
        Case(action: "shadow", sequence: 0, findings: [], schema: ["schema-altered 0"]),
    ]

    @Test("both verifiers find the same forgeries", arguments: cases)
    func findings(forgery: Case) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        let head = try await Self.write(to: path)
        #expect(try await Forgery.forge(path, forgery.action, forgery.sequence) == nil)

        for heads in [[], [head]] {
            let expected = (forgery.findings + (heads.isEmpty ? [] : forgery.withHead)).sorted()
            let report = try await Logs.verification(of: path, heads: heads)
            #expect(report.lines == (expected + forgery.schema).sorted())
            #expect(report.isIntact == (expected + forgery.schema).isEmpty)
            let other = try await OtherVerifier.verify(path, heads: heads)
            #expect(other.findings == expected)
            #expect(other.status == (expected.isEmpty ? 0 : 1))
            #expect(other.head == report.head.description)
        }
    }

    static func write(to path: String, key: AuditSigningKey? = nil) async throws -> AuditHead {
        var configuration = Logs.quiet
        configuration.checkpointInterval = 10
        configuration.signingKey = key
        try await Logs.write(40, to: path, configuration: configuration)
        return try await AuditLogReader.open(path).head()
    }

    @Test("the file's own triggers stop simple changes", arguments: ["replace", "update", "delete", "reuse", "anchor"])
    func guarded(action: String) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        let head = try await Self.write(to: path)
        let refusal = try #require(try await Forgery.forge(path, action, 7))
        #expect(!refusal.isEmpty)
        #expect(try await AuditLogReader.open(path).head() == head)
        #expect(try await Logs.verification(of: path, heads: [head]).isIntact)
    }

    @Test("a forgery under signed checkpoints is found without a kept head")
    func signatures() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        let key = try AuditSigningKey(generatingFor: "audit.example.com")
        _ = try await Self.write(to: path, key: key)
        let keys = [key.verificationKey]
        let before = try await AuditLogReader.open(path).verify(keys: keys)
        #expect(before.isIntact)
        let other = try AuditSigningKey(generatingFor: "audit.example.com").verificationKey
        let wrong = try await AuditLogReader.open(path).verify(keys: [other])
        #expect(wrong.lines == [11, 22, 33, 44, 46].map { "bad-signature \($0)" } + ["not-signed 0"])
        #expect(try await AuditLogReader.open(path).verify(keys: [other] + keys).isIntact)
        try await Forgery.forge(path, "rewrite-all", 7)
        let after = try await AuditLogReader.open(path).verify(keys: keys)
        #expect(after.lines == wrong.lines)
    }
}

extension AuditVerification {
    /// The findings as the second verifier prints them.
    var lines: [String] {
        findings.map { finding in
            let note = finding.acknowledgedBy.map { " acknowledged \($0)" } ?? ""
            return "\(finding.kind.rawValue) \(finding.sequence)\(note)"
        }.sorted()
    }
}
