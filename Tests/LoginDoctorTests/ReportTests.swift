import AuthTokens
import Foundation
import LoginDiagnosis
import PGConninfo
import RDSIAMSystem
import Testing

@testable import LoginDoctor

@Suite("Reports", .timeLimit(.minutes(1)))
struct ReportTests {
    @Test("shortens account numbers and nothing else")
    func accounts() {
        let masking = Masking(showsAccounts: false)
        #expect(masking.shortened(in: "arn:aws:iam::123456789012:role/app") == "arn:aws:iam::…9012:role/app")
        #expect(masking.shortened(in: "12345678901 1234567890123") == "12345678901 1234567890123")
        #expect(Masking(showsAccounts: true).shortened(in: "123456789012") == "123456789012")
    }

    @Test("shortens access keys", arguments: [("AKIAIOSFODNN7EXAMPLE", "AKIA…MPLE"), ("short", "…")])
    func keys(_ key: String, _ shown: String) {
        #expect(Masking(showsAccounts: false).accessKey(key) == shown)
    }

    @Test("takes a token apart without its signature and its session token")
    func token() throws {
        let text =
            "db:5432/?Action=connect&DBUser=a&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260101%2Feu-west-2%2Frds-db"
            + "%2Faws4_request&X-Amz-Security-Token=geheim&X-Amz-Signature=0123456789abcdef"
        let lines = try #require(DecodedToken(text, masking: Masking(showsAccounts: false))).lines
        #expect(
            lines == [
                "signed for db:5432/", "Action=connect", "DBUser=a",
                "X-Amz-Credential=AKIA…MPLE/20260101/eu-west-2/rds-db/aws4_request",
                "X-Amz-Security-Token=(6 characters, not shown)", "X-Amz-Signature=(16 digits, not shown)",
            ]
        )
        #expect(DecodedToken("a password", masking: Masking(showsAccounts: false)) == nil)
    }

    @Test("a user's name is a literal of SQL")
    func literal() throws {
        let generators = AuthTokenGeneratorRegistry()
        var findings = Findings(examination: Examination(issuer: TokenIssuer(generators: generators)))
        let host = "db.abcdefghijkl.eu-west-2.rds.amazonaws.com"
        let request = AuthTokenRequest(host: host, user: "o'brien")
        findings.server = Server(request: request, address: nil, conninfo: try Conninfo.parse("host=\(host)"))
        findings.endpoint = DatabaseEndpoint(host)
        let last = try #require(findings.elsewhere.last)
        #expect(last.hasSuffix("select pg_has_role('o''brien', 'rds_iam', 'member')"), "\(last)")
    }

    @Test("reads the time of a reply")
    func date() {
        #expect(DateRecorder.date("Sun, 06 Nov 1994 08:49:37 GMT") == Date(timeIntervalSince1970: 784_111_777))
        for text in [
            "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Xyz 1994 08:49:37 GMT",
        ] {
            #expect(DateRecorder.date(text) == nil)
        }
    }

    @Test("the surest cause comes first, each once, and equals keep their order")
    func ranking() {
        let causes = [
            Cause("a", certainty: .possible, "A.", advice: ""), Cause("b", "B.", advice: ""),
            Cause("c", certainty: .likely, "C.", advice: ""), Cause("d", "D.", advice: ""),
            Cause("b", certainty: .likely, "B again.", advice: ""),
        ]
        #expect(causes.ranked.map(\.code) == ["b", "d", "c", "a"])
    }

    @Test("each outcome has its exit status")
    func statuses() {
        let outcomes: [ExaminationReport.Outcome] = [.loginWorks, .causeFound, .causeUnknown, .notTried]
        #expect(outcomes.map(\.exitStatus) == [0, 1, 2, 3])
    }

    @Test("a report survives its JSON")
    func coding() throws {
        let step = Step(.tls, .warning, "TLSv1.3", ["valid"], seconds: 0.25)
        let report = ExaminationReport(
            outcome: .causeFound,
            answer: "A.",
            causes: [Cause("a", "A.", advice: "B.")],
            steps: [step]
        )
        let json = try JSONValue.encode(report)
        #expect(try JSONDecoder().decode(ExaminationReport.self, from: Data(json)) == report)
        let text = String(decoding: json, as: UTF8.self)
        #expect(text.contains(#""schema":1"#) && text.contains(#""mark":"warning""#) && text.contains(#""name":"tls""#))
    }

    @Test(
        "tells private addresses from others",
        arguments: [
            ("10.0.0.1", true), ("172.16.0.1", true), ("172.32.0.1", false), ("192.168.1.1", true), ("8.8.8.8", false),
            ("100.64.0.1", true), ("fd00::1", true), ("2600::1", false), ("127.0.0.1", false),
        ]
    )
    func addresses(_ address: String, _ isPrivate: Bool) {
        #expect(SocketProbe.isPrivate(address) == isPrivate)
    }
}
