import AuthTokens
import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Dates and numbers at the ends of the range", .timeLimit(.minutes(2)))
struct LimitTests {
    let folder: TemporaryFolder
    var path: String { folder.path("tokens.auditlog") }

    init() throws { folder = try TemporaryFolder() }

    struct Moment: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let date: Date
        /// As an export writes it.
        let recorded: String

        static let all = [
            Moment(
                testDescription: "1e19",
                date: Date(timeIntervalSince1970: 1e19),
                recorded: "2255-06-05T23:47:34.740991Z"
            ),
            Moment(
                testDescription: "infinity",
                date: Date(timeIntervalSince1970: .infinity),
                recorded: "2255-06-05T23:47:34.740991Z"
            ),
            Moment(
                testDescription: "minus infinity",
                date: Date(timeIntervalSince1970: -.infinity),
                recorded: "1684-07-28T00:12:25.259009Z"
            ),
            Moment(
                testDescription: "the year -5000",
                date: Date(timeIntervalSince1970: -219_960_000_000),
                recorded: "1684-07-28T00:12:25.259009Z"
            ),
            Moment(
                testDescription: "not a number",
                date: Date(timeIntervalSince1970: .nan),
                recorded: "1970-01-01T00:00:00.000000Z"
            ),
        ]

        var isNumber: Bool { !date.timeIntervalSince1970.isNaN }
    }

    @Test("a clock that answers with any date records and prunes", arguments: Moment.all)
    func clock(moment: Moment) async throws {
        var configuration = Logs.quiet
        configuration.now = { moment.date }
        configuration.checkpointInterval = 2
        let log = try await AuditLog.open(path, configuration: configuration)
        for number in 1...4 { try await log.record(Events.issue(number, at: moment.date)) }
        try await log.checkpoint()
        let pruning = try await log.prune(before: Events.start)
        #expect((pruning.rows > 0) == (moment.recorded < "2026"))
        await log.close()
        let report = try await Logs.verification(of: path)
        #expect(report.isIntact)
        #expect(try await OtherVerifier.verify(path).status == 0)
    }

    @Test("events of any date are listed, counted and exported", arguments: Moment.all)
    func events(moment: Moment) async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        try await log.record(Events.issue(1, at: moment.date))
        await log.close()
        let reader = try await AuditLogReader.open(path)
        let record = try #require(try await reader.page().entries.first?.record)
        #expect(record.time.iso8601 == moment.recorded)
        // A token that was signed at no time is as old as can be.
        #expect(record.token?.signedAt.iso8601 == (moment.isNumber ? moment.recorded : "1684-07-28T00:12:25.259009Z"))
        let statistics = try await reader.statistics()
        #expect(statistics.perDay.map(\.name) == [String(moment.recorded.prefix(10))])
        for format in [AuditExportFormat.jsonLines, .csv, .ocsf] {
            #expect(try await reader.export(format) { _ in }.rows == 1)
        }
        #expect(try await reader.trace(fingerprint: Events.fingerprint(1)).verdict(at: moment.date) != .noKnownEnd)
    }

    @Test("a search and a count take any date that is a number, and refuse what is not", arguments: Moment.all)
    func searches(moment: Moment) async throws {
        try await Logs.write(3, to: path)
        let reader = try await AuditLogReader.open(path)
        var since = AuditFilter()
        since.since = moment.date
        var until = AuditFilter()
        until.until = moment.date
        guard moment.isNumber else {
            for filter in [since, until] {
                #expect(await Logs.code { _ = try await reader.page(matching: filter) } == .invalidArgument)
            }
            #expect(await Logs.code { _ = try await reader.statistics(since: moment.date) } == .invalidArgument)
            #expect(await Logs.code { _ = try await reader.statistics(until: moment.date) } == .invalidArgument)
            return
        }
        let isLate = moment.recorded > "2026"
        #expect(try await reader.page(matching: since).entries.count == (isLate ? 0 : 3))
        #expect(try await reader.page(matching: until).entries.count == (isLate ? 3 : 0))
        #expect(try await reader.statistics(since: moment.date).total.issued == (isLate ? 0 : 3))
        #expect(try await reader.statistics(until: moment.date).total.issued == (isLate ? 3 : 0))
    }

    @Test("pruning before any date deletes what is older, and refuses what is no number", arguments: Moment.all)
    func prunes(moment: Moment) async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        try await Logs.write(3, to: log)
        if moment.isNumber {
            #expect(try await log.prune(before: moment.date).rows == (moment.recorded > "2026" ? 3 : 0))
        } else {
            #expect(await Logs.code { try await log.prune(before: moment.date) } == .invalidArgument)
        }
        await log.close()
    }

    @Test("a page has an entry or more", arguments: [Int.min, -1, 0])
    func noPage(limit: Int) async throws {
        try await Logs.write(3, to: path)
        let reader = try await AuditLogReader.open(path)
        #expect(await Logs.code { _ = try await reader.page(limit: limit) } == .invalidArgument)
    }

    @Test("a page of as many entries as there can be has all")
    func largePage() async throws {
        try await Logs.write(30, to: path)
        let reader = try await AuditLogReader.open(path)
        for cursor in [nil, AuditCursor("\(Int64.max)")] {
            let page = try await reader.page(limit: .max, after: cursor)
            #expect(page.entries.count == 30 && page.next == nil)
        }
    }

    @Test("an export after a row below zero begins at the first", arguments: [Int64.min, -1])
    func export(sequence: Int64) async throws {
        try await Logs.write(3, to: path)
        #expect(try await AuditLogReader.open(path).export(.csv, after: sequence) { _ in }.rows == 3)
    }

    @Test("any time limit, pause, interval and reserve can be set", arguments: [Int64.min, -1, 0, .max])
    func configuration(number: Int64) async throws {
        var configuration = Logs.quiet
        configuration.idleCheckpoint = .seconds(number)
        configuration.checkpointInterval = Int(number)
        if number <= 0 { configuration.reserveSize = Int(number) }
        try await Logs.write(3, to: path, configuration: configuration)
        #expect(try await Logs.verification(of: path).isIntact)
        configuration.timeout = .seconds(number)
        let reader = try await AuditLogReader.open(path, timeout: .seconds(number))
        #expect(try await reader.page().entries.count >= 3)
        let log = try await AuditLog.open(path, configuration: configuration)
        let code = await Logs.code { try await log.record(Events.issue()) }
        #expect(number > 0 ? code == nil : [nil, .busy, .timedOut].contains(code))
        await log.close()
    }

    @Test("an error's message is a sentence that names the file; busy and timed out may be tried again")
    func errors() async throws {
        let error = await #expect(throws: AuditLogError.self) { _ = try await AuditLogReader.open(path) }
        #expect(error?.message == "There is no audit log at this path. Log: \(path).")
        #expect(error.map { "\($0)" } == error?.message)
        #expect(error?.isRetryable == false && error?.auditCode == "AuditLogError.notFound")
        for code in [AuditLogError.Code.busy, .timedOut] {
            #expect(AuditLogError(code, "It waits.", path: nil).isRetryable)
        }
        let full = AuditLogError(sqlite: nil, code: 13, path: path)
        #expect(full.code == .diskFull && !full.isRetryable)
        #expect(full.message.hasSuffix(" Log: \(path). SQLite's result code: 13."))
    }
}
