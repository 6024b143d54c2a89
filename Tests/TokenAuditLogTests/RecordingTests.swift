import AuthTokens
import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Recording", .timeLimit(.minutes(2)))
struct RecordingTests {
    let folder: TemporaryFolder
    var path: String { folder.path("new/deep/tokens.auditlog") }

    init() throws { folder = try TemporaryFolder() }

    @Test("what is recorded is read back field by field", arguments: [true, false])
    func roundTrip(isRequired: Bool) async throws {
        let log = try await AuditLog.open(path, configuration: Logs.quiet)
        var event = Events.issue(7)
        event.isRequired = isRequired
        try await log.record(event)
        var refusal = Events.refuse()
        refusal.issueID = event.id
        try await log.record(refusal)
        await log.close()

        let records = try await Logs.entries(of: path).compactMap(\.record)
        try #require(records.map(\.activity) == [.open, .issue, .refuse, .checkpoint])
        #expect(records[1] == AuditRecord(event, by: Logs.actor))
        #expect(records[2] == AuditRecord(refusal, by: Logs.actor))
        #expect(records[2].outcome == .failure)
        #expect(records[3].detail["reason"] == "close")
        #expect(try await Logs.verification(of: path).findings == [])
    }

    @Test("only the owner may read file, journal, reserve and directory")
    func permissions() async throws {
        let log = try await AuditLog.open(path)
        try await log.record(Events.issue())
        for (name, mode) in [
            ("new/deep", 0o700), ("new", 0o700), ("new/deep/tokens.auditlog", 0o600),
            ("new/deep/tokens.auditlog-journal", 0o600), ("new/deep/tokens.auditlog.reserve", 0o600),
        ] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path(name))
            #expect(attributes[.posixPermissions] as? Int == mode, "\(name)")
        }
        await log.close()
    }

    @Test("this process is named as the actor")
    func actor() {
        let actor = AuditActor.current
        #expect(actor.processID == Int64(ProcessInfo.processInfo.processIdentifier))
        #expect(actor.userID == Int64(geteuid()))
        #expect(actor.host == ProcessInfo.processInfo.hostName || !actor.host.isEmpty)
        #expect(!actor.program.isEmpty && !actor.program.contains("/"))
    }

    @Test("events recorded at once are all stored, in one chain, in fewer commits")
    func concurrency() async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<500 { group.addTask { try await log.record(Events.issue(number)) } }
            try await group.waitForAll()
        }
        #expect(await log.transactions < 500)
        await log.close()
        let report = try await Logs.verification(of: path)
        #expect(report.rows == 500)
        #expect(report.isIntact)
    }

    @Test("a closed log refuses events and says why")
    func closed() async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        await log.close()
        await log.close()
        #expect(await Logs.code { try await log.record(Events.issue()) } == .closed)
        #expect(await Logs.code { try await log.checkpoint() } == .closed)
    }

    @Test("an event that is too large is refused and the next is not")
    func tooLarge() async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        let giant = Events.issue(user: String(repeating: "x", count: 70_000))
        #expect(await Logs.code { try await log.record(giant) } == .tooLarge)
        try await log.record(Events.issue(user: "ü\u{0}\u{1F}\"\\\n🗝"))
        await log.close()
        let records = try await Logs.entries(of: path).compactMap(\.record)
        #expect(records.first?.activity == .gap)
        #expect(records.dropFirst().map(\.target?.user) == ["ü\u{0}\u{1F}\"\\\n🗝"])
    }

    @Test("two logs of one process on one file keep one chain")
    func twoLogs() async throws {
        let first = try await AuditLog.open(path, configuration: Logs.bare)
        let second = try await AuditLog.open(path, configuration: Logs.bare)
        for number in 0..<10 { try await (number.isMultiple(of: 2) ? first : second).record(Events.issue(number)) }
        await first.close()
        await second.close()
        let report = try await Logs.verification(of: path)
        #expect(report.rows == 10 && report.isIntact)
    }
}
