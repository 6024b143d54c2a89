import AuthTokens
import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("The page about a period", .timeLimit(.minutes(2)))
struct ReportTests {
    let folder: TemporaryFolder
    var path: String { folder.path("tokens.auditlog") }

    init() throws { folder = try TemporaryFolder() }

    private func page(since: Date? = nil, until: Date? = nil) async throws -> String {
        let reader = try await AuditLogReader.open(path)
        return AuditReport(
            try await reader.statistics(since: since, until: until),
            verification: try await reader.verify(),
            path: path,
            since: since,
            until: until,
            at: Events.start
        ).html
    }

    @Test("it has a bar for each day, the days without tokens included, and a table of users and servers")
    func contents() async throws {
        let log = try await AuditLog.open(path, configuration: Logs.bare)
        let day = 86_400.0
        for (user, host, offset) in [("a", "one", 0), ("a", "Two.", 0.5), ("b", "two", 0.6), ("b", "two", 3 * day)] {
            try await log.record(Events.issue(user: user, host: host, at: Events.start + offset))
        }
        try await log.record(Events.refuse())
        await log.close()
        let html = try await page()
        #expect(html.contains(">2026-09-22</text>") && html.contains(">2026-09-23</text>"))
        #expect(html.components(separatedBy: "<rect class=\"issued\"").count == 1 + 2 + 1)
        #expect(html.contains("2026-09-21: 3 issued") && html.contains("2026-09-21: 1 refused"))
        #expect(html.contains("<th>two</th><th>one</th>"))
        #expect(html.contains("arn:aws:iam::123456789012:role/app"))
        #expect(html.contains("<th>AWSCredentialError.notConfigured</th><td>1</td><td>0</td>"))
        let later = try await page(since: Events.start + day)
        #expect(later.contains("since 2026-09-22T"))
        #expect(!later.contains(">2026-09-21<") && !later.contains("<th>one</th>"))
        let none = try await page(until: Events.start - day)
        #expect(none.contains("No tokens in this period.") && !none.contains("<svg"))
    }

    @Test("names are escaped wherever they stand")
    func escapes() async throws {
        let name = #"<script>alert("1")</script>&amp;'\#u{202E}\#n"#
        var event = Events.issue(user: name, host: name, generator: name)
        event.credential = CredentialIdentity(source: name, accessKeyID: name, profile: name, roleARN: name)
        var refusal = Events.refuse(user: name, code: name)
        refusal.host = name
        var configuration = Logs.bare
        configuration.actor.user = name
        let log = try await AuditLog.open(path, configuration: configuration)
        for each in [event, refusal] { try await log.record(each) }
        try await log.prune(before: Events.start - 1)
        try await log.prune(before: Events.start + 1)
        await log.close()
        try await Logs.write(1, to: path, from: 50)
        let html = try await page()
        let escaped = #"&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;&#39;\u{202e}\u{a}"#
        #expect(html.contains(escaped) && !html.contains("<script") && !html.contains("\u{202E}"))
        #expect(html.contains("Pruned: the rows up to"))
    }

    @Test("findings of the verification are listed, and the page does not say intact")
    func findings() async throws {
        try await Logs.write(5, to: path)
        try Connection(path: path, mode: .writing).execute(
            "DROP TRIGGER event_unchanged; UPDATE event SET payload = replace(payload, 'app', 'apq') WHERE seq = 3"
        )
        let html = try await page()
        #expect(html.contains("Not as it was written:") && !html.contains("<b>Intact"))
        #expect(html.contains("payload-altered"))
    }

    @Test("a number has a comma before each three digits")
    func numbers() {
        #expect(
            [0, 12, 999, 1000, 1_234_567, -1000].map(HTML.grouped) == [
                "0", "12", "999", "1,000", "1,234,567", "-1,000",
            ]
        )
    }
}
