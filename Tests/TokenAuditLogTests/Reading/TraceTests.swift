import AuthTokens
import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Looking up a token", .timeLimit(.minutes(2)))
struct TraceTests {
    @Test("a leaked token is found by its text and its fingerprint, and is valid until it expires")
    func leakedToken() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try await Logs.write(20, to: path)
        let reader = try await AuditLogReader.open(path)
        let token = Events.token(7)
        let trace = try await reader.trace(token: " \(token.value)\n")
        #expect(trace.fingerprint == token.fingerprint)
        #expect(trace.isKnown && trace.entries.count == 1)
        #expect(trace.entries.first?.record?.target?.user == "app")
        #expect(trace.verdict(at: Events.start + 7 + 899) == .valid)
        #expect(trace.verdict(at: Events.start + 7 + 900) == .expired)
        #expect(try await reader.trace(fingerprint: try #require(token.fingerprint).uppercased()) == trace)
        let unknown = try await reader.trace(token: "not ours")
        #expect(unknown.verdict(at: Events.start) == .unknown && unknown.expiresAt == nil)
    }

    @Test("the event that issued a token is found, no matter how many came after it")
    func manyEvents() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        let issue = Events.issue(7)
        try await log.record(issue)
        var connection = issue
        connection.activity = .connectionAccepted
        let accepted = connection
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<1000 { group.addTask { try await log.record(accepted) } }
            try await group.waitForAll()
        }
        await log.close()
        let trace = try await AuditLogReader.open(path).trace(fingerprint: Events.fingerprint(7))
        #expect(trace.entries.count == 1001 && trace.entries.last?.sequence == 1)
        #expect(trace.isAbridged)
        let accesses = trace.entries.dropLast().map(\.sequence)
        #expect(accesses == (Int64(2)...1001).reversed())
    }

    @Test("a token in an event of a newer version is known, and is never called expired")
    func unreadable() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        try await Logs.write(3, to: path)
        try Connection(path: path, mode: .writing).execute(
            """
            DROP TRIGGER event_unchanged;
            UPDATE event SET payload = replace(payload, '"v":2', '"v":9') WHERE seq = 2
            """
        )
        let trace = try await AuditLogReader.open(path).trace(token: Events.token(2, at: Events.start + 2).value)
        #expect(trace.isKnown && !trace.isAbridged && trace.entries.map(\.sequence) == [2])
        #expect(trace.expiresAt == nil && trace.verdict(at: Events.start + 9999) == .noKnownEnd)
    }
}
