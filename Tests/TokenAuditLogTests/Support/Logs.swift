import AuthTokens
import Foundation
import TestSupport

@testable import TokenAuditLog

/// Logs for tests.
enum Logs {
    /// A configuration without timers and reserve.
    static var quiet: AuditLogConfiguration {
        var configuration = AuditLogConfiguration(actor: actor)
        configuration.reserveSize = 0
        configuration.idleCheckpoint = nil
        return configuration
    }

    static let actor = AuditActor(user: "andrew", userID: 501, processID: 4711, program: "web", host: "app-1")

    /// A configuration in which the log writes no events of its own.
    static var bare: AuditLogConfiguration {
        var configuration = quiet
        configuration.recordsOpenAndClose = false
        configuration.checkpointInterval = 0
        return configuration
    }

    /// Writes `count` issues, a second apart, and closes the log.
    static func write(
        _ count: Int,
        to path: String,
        from first: Int = 1,
        configuration: AuditLogConfiguration = bare
    ) async throws {
        let log = try await AuditLog.open(path, configuration: configuration)
        try await write(count, to: log, from: first)
        await log.close()
    }

    static func write(_ count: Int, to log: AuditLog, from first: Int = 1) async throws {
        for number in first..<first + count {
            try await log.record(Events.issue(number, at: Events.start + Double(number)))
        }
    }

    /// Writes `count` issues, a second apart, in one transaction.
    static func writeAtOnce(_ count: Int, to path: String, configuration: AuditLogConfiguration = bare) throws {
        let committer = try Committer(path: path, configuration: configuration)
        try committer.transaction(until: .now + .seconds(10)) {
            for number in 1...count {
                let event = Events.issue(number, at: Events.start + Double(number))
                try committer.store.append(AuditRecord(event, by: actor).payload.utf8)
            }
        }
    }

    /// All entries, oldest first.
    static func entries(of path: String) async throws -> [AuditEntry] {
        let reader = try await AuditLogReader.open(path)
        var entries: [AuditEntry] = []
        var cursor: AuditCursor?
        repeat {
            let page = try await reader.page(limit: 5000, after: cursor)
            entries += page.entries
            cursor = page.next
        } while cursor != nil
        return entries.sorted { $0.sequence < $1.sequence }
    }

    static func verification(of path: String, heads: [AuditHead] = []) async throws -> AuditVerification {
        try await AuditLogReader.open(path).verify(heads: heads)
    }

    /// Returns the code of the error that `body` throws, or `nil` if it throws none.
    static func code(_ body: () async throws -> Void) async -> AuditLogError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? AuditLogError)?.code ?? AuditLogError.Code("\(type(of: error))")
        }
    }
}

/// The second verifier, which shares no code with the first (`Fixtures/audit/verify.py`).
enum OtherVerifier {
    struct Verdict: Equatable {
        var status: Int32
        var findings: [String]
        var head: String
    }

    static func verify(_ path: String, heads: [AuditHead] = []) async throws -> Verdict {
        let arguments =
            [Repository.path("Fixtures/audit/verify.py"), path] + heads.flatMap { ["--head", $0.description] }
        let result = try await ChildProcess.run("/usr/bin/env", ["python3"] + arguments, timeLimit: .seconds(240))
        let lines = result.lines
        return Verdict(status: result.status, findings: lines.dropLast(2).sorted(), head: lines.last ?? result.errors)
    }
}
