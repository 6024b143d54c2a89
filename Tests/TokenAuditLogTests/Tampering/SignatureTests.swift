import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Verification with a key", .timeLimit(.minutes(2)))
struct SignatureTests {
    let folder: TemporaryFolder
    let key: AuditSigningKey
    var path: String { folder.path("tokens.auditlog") }

    init() throws {
        folder = try TemporaryFolder()
        key = try AuditSigningKey(generatingFor: "audit.example.com")
    }

    private func write(signed: Bool) async throws {
        var configuration = Logs.quiet
        configuration.checkpointInterval = 10
        configuration.signingKey = signed ? key : nil
        try await Logs.write(25, to: path, configuration: configuration)
    }

    private func verify(from start: AuditHead? = nil) async throws -> AuditVerification {
        try await AuditLogReader.open(path).verify(from: start, keys: [key.verificationKey])
    }

    @Test("a log without a signed checkpoint does not pass for a signed one")
    func rewritten() async throws {
        try await write(signed: true)
        #expect(try await verify().isIntact)
        // The same events, end to end in a log of its own, without checkpoints: what a forger would put there.
        try FileManager.default.removeItem(atPath: path)
        try await Logs.write(25, to: path)
        #expect(try await verify().lines == ["not-signed 0"])
        try FileManager.default.removeItem(atPath: path)
        try await write(signed: false)
        let report = try await verify()
        #expect(report.findings.last?.kind == .notSigned && !report.isIntact)
        #expect(report.findings.filter { $0.kind == .unsignedCheckpoint }.count == 3)
    }

    @Test("it says how many rows follow the last signed checkpoint")
    func tail() async throws {
        try await write(signed: true)
        #expect(try await verify().rowsAfterSignature == 0)
        #expect(try await Logs.verification(of: path).rowsAfterSignature == nil)
        let start = try await AuditLogReader.open(path).head()
        try await Logs.write(7, to: path, from: 100)
        let report = try await verify()
        #expect(report.isIntact && report.rowsAfterSignature == 7)
        let partial = try await verify(from: start)
        #expect(partial.isIntact && partial.rowsAfterSignature == 7 && partial.uncheckedRows == start.sequence)
    }

    @Test("a log that is pruned with the key ends with a signed checkpoint, also if no row is left")
    func pruned() async throws {
        try await write(signed: true)
        var configuration = Logs.bare
        configuration.signingKey = key
        let log = try await AuditLog.open(path, configuration: configuration)
        let pruning = try await log.prune(before: .distantFuture)
        await log.close()
        let report = try await verify()
        #expect(report.isIntact && report.rows == 2 && report.rowsAfterSignature == 0, "\(report.findings)")
        #expect(report.pruning?.throughSequence == pruning.throughSequence && pruning.rows > 25)
        // Without it, nothing that is left is signed: this may be any log.
        try await Logs.write(1, to: path, from: 100)
        let other = try await AuditLog.open(path, configuration: Logs.bare)
        _ = try await other.prune(before: .distantFuture)
        await other.close()
        #expect(try await verify().lines == ["not-signed 0"])
    }

    @Test("an unsigned checkpoint of another program can be acknowledged, and the log verifies again")
    func foreign() async throws {
        try await write(signed: true)
        var configuration = Logs.quiet
        configuration.recordsOpenAndClose = false
        let other = try await AuditLog.open(path, configuration: configuration)
        try await other.checkpoint()
        let report = try await verify()
        let row = report.head.sequence
        #expect(report.lines == ["unsigned-checkpoint \(row)"])
        try await other.reanchor(acknowledging: report, reason: "the old program wrote it")
        await other.close()
        let later = try await verify()
        #expect(later.isIntact && later.lines == ["unsigned-checkpoint \(row) acknowledged \(row + 1)"])
        #expect(try await Logs.verification(of: path).findings == [])
    }
}
