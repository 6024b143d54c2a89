import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Forged files", .timeLimit(.minutes(5)))
struct ForgedFileTests {
    /// A file of `Fixtures/audit/forged`, which `forge.py` has made of `intact.auditlog`.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var action = ""
        var sequence: Int64 = 0
        /// What both verifiers find with nothing but the log.
        var findings: [String] = []
        /// What both also find with the head that was kept elsewhere.
        var withHead: [String] = []
        /// What only the first verifier looks at: indexes, and whether a search finds each row.
        var onlyFirst: [String] = []
        /// What the first also finds with the key.
        var withKey: [String] = []

        var testDescription: String { name }
        var original: String { Repository.path("Fixtures/audit/forged/\(name).auditlog") }
    }

    /// The head and the key of `intact.auditlog`: 20 issues, and a checkpoint after each five rows.
    static let head =
        "01a22406-a14e-784d-85e3-1e032918f20b 26"
        + " 5470afcec411e5d7bd8e636d06392a2a07300617810c429f14305c9e2739452b"
    static let key = "audit.example.com+af6d1416+AUsgthDBnwFdpgjLvt4ym0Zh+QadKFyiWZP91vHC0dXT"

    static let cases = [
        Case(name: "intact"),
        Case(
            name: "keys-zeroed",
            action: "zero-keys",
            sequence: 5,
            findings: ["rows-missing 1"],
            // The walk comes to these rows, and no search finds them.
            onlyFirst: (7...21).map { "unreadable \($0)" }
        ),
        Case(
            name: "rows-hidden",
            action: "hide",
            sequence: 4,
            findings: ["rows-missing 17"],
            // Five indexes lead to the rows that are hidden.
            onlyFirst: [String](repeating: "index-altered 0", count: 5)
        ),
        Case(name: "unindexed", action: "unindex", sequence: 9, onlyFirst: ["index-altered 9"]),
        Case(name: "rewritten", action: "strip", withHead: ["truncated 22"], withKey: ["not-signed 0"]),
        Case(
            name: "head-pruned",
            action: "announce",
            sequence: 26,
            withHead: ["head-pruned 26"],
            withKey: ["not-signed 0"]
        ),
        Case(name: "unsigned-checkpoint", action: "checkpoint", withKey: ["unsigned-checkpoint 27"]),
    ]

    /// The committed file, and one that `forge.py` makes now.
    private func files(_ forgery: Case, in folder: TemporaryFolder) async throws -> [String] {
        let (committed, made) = (folder.path("committed.auditlog"), folder.path("made.auditlog"))
        try FileManager.default.copyItem(atPath: forgery.original, toPath: committed)
        guard !forgery.action.isEmpty else { return [committed] }
        try FileManager.default.copyItem(atPath: Self.cases[0].original, toPath: made)
        #expect(try await Forgery.forge(made, forgery.action, forgery.sequence) == nil)
        return [committed, made]
    }

    /// Verifies in one step: where keys are damaged, what is found depends on where a step ends.
    private func verify(
        _ path: String,
        _ heads: [AuditHead],
        _ keys: [AuditVerificationKey] = []
    ) throws -> AuditVerification {
        let file = ReadOnlyFile(path: path)
        return try ChainVerifier(file: file, timeout: .seconds(10), heads: heads, keys: keys, pace: .seconds(60))
            .verify()
    }

    @Test("both verifiers find what each of them can, with a kept head, with a key, and with neither", arguments: cases)
    func findings(forgery: Case) async throws {
        let folder = try TemporaryFolder()
        let head = try #require(AuditHead(Self.head))
        let key = try #require(AuditVerificationKey(Self.key))
        for path in try await files(forgery, in: folder) {
            for heads in [[], [head]] {
                let both = forgery.findings + (heads.isEmpty ? [] : forgery.withHead)
                let report = try verify(path, heads)
                #expect(report.lines == (both + forgery.onlyFirst).sorted())
                #expect(report.isIntact == report.lines.isEmpty)
                let signed = try verify(path, heads, [key])
                #expect(signed.lines == (both + forgery.onlyFirst + forgery.withKey).sorted())
                let other = try await OtherVerifier.verify(path, heads: heads)
                #expect(other.findings == both.sorted() && other.status == (both.isEmpty ? 0 : 1))
                #expect(other.head == report.head.description)
            }
        }
    }

    @Test(
        "each forgery is found with a kept head and the key, however short the steps",
        arguments: cases.dropFirst(),
        [0, 1, 20]
    )
    func found(forgery: Case, pace: Int) throws {
        let verifier = ChainVerifier(
            file: ReadOnlyFile(path: forgery.original),
            timeout: .seconds(10),
            heads: [try #require(AuditHead(Self.head))],
            keys: [try #require(AuditVerificationKey(Self.key))],
            pace: .milliseconds(pace)
        )
        #expect(try !verifier.verify().isIntact)
    }
}
