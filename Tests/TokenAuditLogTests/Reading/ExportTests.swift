import AuthTokens
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Exporting", .timeLimit(.minutes(2)))
struct ExportTests {
    let folder: TemporaryFolder
    var path: String { folder.path("tokens.auditlog") }

    init() throws { folder = try TemporaryFolder() }

    private func export(
        _ format: AuditExportFormat,
        after sequence: Int64? = nil
    ) async throws -> (text: String, summary: AuditExportSummary) {
        let sink = Sink()
        let summary = try await AuditLogReader.open(path).export(format, after: sequence) { sink.write($0) }
        return (sink.text, summary)
    }

    private final class Sink: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        func write(_ more: [UInt8]) { bytes.withLock { $0 += more } }
        var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
    }

    @Test("JSON Lines hold each payload verbatim, which is all the second verifier needs")
    func jsonLines() async throws {
        let head = try await ForgeryTests.write(to: path)
        let (text, summary) = try await export(.jsonLines)
        #expect(summary == AuditExportSummary(rows: 46, head: head))
        let lines = text.split(separator: "\n")
        let entries = try await Logs.entries(of: path)
        #expect(lines.dropFirst().map(String.init) == entries.map(\.jsonLine))
        #expect(zip(lines.dropFirst(), entries).allSatisfy { $0.contains($1.payload) })
        let file = try folder.write(text, to: "export.jsonl")
        let verdict = try await OtherVerifier.verify(file, heads: [head])
        #expect(verdict == .init(status: 0, findings: [], head: head.description))
        try folder.write(text.replacing("\"app\"", with: "\"apq\"", maxReplacements: 1), to: "export.jsonl")
        #expect(try await OtherVerifier.verify(file).findings == ["payload-altered 2"])
    }

    @Test("an export continues the one before, and parts verify like the whole")
    func resumed() async throws {
        try await Logs.write(10, to: path)
        let first = try await export(.jsonLines)
        try await Logs.write(5, to: path, from: 11)
        let second = try await export(.jsonLines, after: first.summary.lastSequence)
        #expect(second.summary.rows == 5 && second.summary.lastSequence == 15)
        let whole = try await export(.jsonLines)
        #expect(first.text + second.text.drop { $0 != "\n" }.dropFirst() == whole.text)
        let part = try folder.write(second.text, to: "part.jsonl")
        #expect(try await OtherVerifier.verify(part).status == 0)
        #expect(try await export(.jsonLines, after: 15).summary.rows == 0)
    }

    @Test("an export never skips rows in silence")
    func noSkipping() async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        try await Logs.write(10, to: log)
        try await log.prune(before: Events.start + 5)
        await log.close()
        #expect(await Logs.code { _ = try await export(.csv, after: 2) } == .pruned)
        #expect(try await export(.csv, after: 4).summary.rows == 7)
        #expect(try await export(.csv).summary.rows == 7)
        try await Forgery.forge(path, "remove", 7)
        #expect(await Logs.code { _ = try await export(.csv) } == .damaged)
        #expect(try await export(.csv, after: 7).summary.rows == 4)
    }

    @Test("an export after a row that the log does not hold fails: the log was truncated or replaced")
    func rewound() async throws {
        try await Logs.write(10, to: path)
        for sequence in [11, 4711, Int64.max] {
            #expect(await Logs.code { _ = try await export(.jsonLines, after: sequence) } == .rewound)
        }
        #expect(try await export(.jsonLines, after: 10).summary.rows == 0)
    }

    @Test("an export fails if its next rows have been pruned since it began")
    func prunedMeanwhile() async throws {
        try await Logs.write(30, to: path)
        let committer = try Committer(path: path, configuration: Logs.bare)
        let connection = try ReadOnlyFile(path: path).open(limit: .seconds(10))
        var isPruned = false
        let exporter = Exporter(
            connection: connection,
            format: .ocsf,
            write: { _ in
                guard !isPruned else { return }
                isPruned = true
                try committer.prune(before: Events.start + 21)
            },
            stride: 10
        )
        #expect(await Logs.code { _ = try exporter.export(after: nil) } == .pruned)
        #expect(try exporter.export(after: 20).lastSequence == 31)
    }

    @Test("a forged mark of pruning crashes no program", arguments: [Int64.min, -1, 1 << 62, Int64.max - 1, Int64.max])
    func forgedAnchor(number: Int64) async throws {
        try await Logs.write(10, to: path)
        let forger = try Connection(path: path, mode: .writing)
        try forger.execute(
            """
            DROP TRIGGER anchor_true; DROP TRIGGER event_in_sequence;
            INSERT INTO anchor SELECT 'prune', \(number), chain_hash, 1 FROM event WHERE seq = 10;
            INSERT INTO event SELECT \(Int64.max), payload, leaf_hash, chain_hash FROM event WHERE seq = 10
            """
        )
        for sequence in [nil, 0, 9, 10, Int64.max - 1, Int64.max] {
            for format in [AuditExportFormat.csv, .jsonLines] {
                let code = await Logs.code { _ = try await export(format, after: sequence) }
                #expect([nil, .damaged, .pruned].contains(code))
            }
        }
        let reader = try await AuditLogReader.open(path)
        let expected = number < 0 ? 10 : 0
        #expect(try await reader.page().entries.filter { $0.sequence < 11 }.count == expected)
        #expect(try await reader.statistics().total.issued >= expected)
    }

    @Test("another CSV reader reads the same cells, and no cell is a formula")
    func csv() async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        for user in ["app", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "a,b", "say \"hi\"", "two\r\nlines", "\tx"] {
            try await log.record(Events.issue(user: user))
        }
        await log.close()
        let file = try folder.write(try await export(.csv).text, to: "export.csv")
        let script = """
            import csv, json, sys
            print(json.dumps(list(csv.reader(open(sys.argv[1], newline=''), strict=True))))
            """
        let result = try await ChildProcess.run("/usr/bin/env", ["python3", "-c", script, file])
        let rows = try JSONDecoder().decode([[String]].self, from: Data(result.output.utf8))
        #expect(rows.first == CSVRow.heading.cells)
        #expect(rows.allSatisfy { $0.count == CSVRow.heading.cells.count })
        #expect(
            rows.dropFirst().map { $0[7] }
                == [
                    "app", "'=cmd|' /C calc'!A0", "'+1", "'-1", "'@SUM(A1)", "a,b", "say \"hi\"",
                    "two\\u000d\\u000alines", "'\\u0009x",
                ]
        )
        #expect(rows[1][1] == "2026-09-21T13:33:20.000000Z" || rows[1][1].hasSuffix(".000000Z"))
        #expect(rows[1][17] == Events.fingerprint())
    }

    @Test("an unreadable payload keeps its row in CSV")
    func unreadable() async throws {
        try await Logs.write(2, to: path)
        let connection = try Connection(path: path, mode: .writing)
        try connection.execute("DROP TRIGGER event_unchanged; UPDATE event SET payload = 'broken' WHERE seq = 2")
        let lines = try await export(.csv).text.split(separator: "\r\n")
        #expect(lines.count == 3)
        #expect(lines[2].hasPrefix("2,,unreadable,"))
        #expect(lines[2].split(separator: ",", omittingEmptySubsequences: false).count == CSVRow.heading.cells.count)
    }

    @Test("OCSF events have class 3002 and the members that the schema requires")
    func ocsf() async throws {
        let log = try await AuditLog.open(path, configuration: Logs.quiet)
        try await log.record(Events.issue())
        try await log.record(Events.refuse())
        await log.close()
        let lines = try await export(.ocsf).text.split(separator: "\n")
        #expect(lines.count == 2)
        let issue = try #require(JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
        let numbers = ["class_uid": 3002, "category_uid": 3, "activity_id": 99, "type_uid": 300_299, "severity_id": 1]
        for (key, value) in numbers { #expect(issue[key] as? Int == value, "\(key)") }
        #expect(issue["time"] as? Int == 1_790_000_000_000)
        #expect(issue["status_id"] as? Int == 1)
        #expect((issue["user"] as? [String: Any])?["name"] as? String == "app")
        #expect((issue["dst_endpoint"] as? [String: Any])?["hostname"] as? String == "db.example.com")
        #expect((issue["metadata"] as? [String: Any])?["version"] as? String == "1.8.0")
        #expect((issue["authentication_token"] as? [String: Any])?["uid"] as? String == Events.fingerprint())
        #expect((issue["cloud"] as? [String: Any])?["provider"] as? String == "AWS")
        let refusal = try #require(JSONSerialization.jsonObject(with: Data(lines[1].utf8)) as? [String: Any])
        #expect(refusal["status_id"] as? Int == 2)
        #expect(refusal["status_code"] as? String == "AWSCredentialError.notConfigured")
    }

    @Test(
        "a payload that is not canonical JSON is a string in JSON Lines, which the second verifier reads",
        arguments: [
            "broken", "{}\n{}", #"{"a":01}"#, #"{"b":1,"a":1}"#, #""text""#, "{} ", "7", #"{"a":1},"seq":9"#,
            "\u{1B}[2J",
        ]
    )
    func forgedPayload(payload: String) async throws {
        try await Logs.write(3, to: path)
        let connection = try Connection(path: path, mode: .writing)
        try connection.execute("DROP TRIGGER event_unchanged")
        let update = try connection.prepare("UPDATE event SET payload = ?1 WHERE seq = 2")
        try update.bind(payload, at: 1)
        try update.run()
        let text = try await export(.jsonLines).text
        let lines = text.split(separator: "\n")
        #expect(lines.count == 4)
        let row = try #require(JSONSerialization.jsonObject(with: Data(lines[2].utf8)) as? [String: Any])
        #expect(row["seq"] as? Int == 2 && (row["payload"] as? String)?.isBytewiseEqual(to: payload) == true)
        let file = try folder.write(text, to: "export.jsonl")
        #expect(try await OtherVerifier.verify(file).findings == ["payload-altered 2"])
    }

    @Test("an export goes on after a head, and only in the same log with the same row")
    func continuing() async throws {
        try await Logs.write(5, to: path)
        let summary = try await export(.csv).summary
        let head = try await AuditLogReader.open(path).head()
        #expect(summary.head.sequence == 5 && summary.head == head)
        try await Logs.write(2, to: path, from: 6)
        let reader = try await AuditLogReader.open(path)
        #expect(try await reader.export(.csv, continuing: summary.head) { _ in }.rows == 2)
        let added = Sink()
        try await reader.export(.jsonLines, continuing: summary.head, isAppending: true) { added.write($0) }
        let whole = try await export(.jsonLines).text
        #expect(added.text.split(separator: "\n").count == 2 && whole.hasSuffix(added.text))
        let other = AuditHead(logID: summary.head.logID, sequence: 5, digest: Digest())
        #expect(await Logs.code { _ = try await reader.export(.csv, continuing: other) { _ in } } == .rewound)
        let foreign = AuditHead(logID: "another", sequence: 5, digest: summary.head.digest)
        #expect(await Logs.code { _ = try await reader.export(.csv, continuing: foreign) { _ in } } == .rewound)
    }

    @Test("an error of the sink is thrown by the export")
    func failingSink() async throws {
        try await Logs.write(1, to: path)
        await #expect(throws: CancellationError.self) {
            try await AuditLogReader.open(path).export(.csv) { _ in throw CancellationError() }
        }
    }
}
