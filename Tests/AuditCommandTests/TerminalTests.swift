#if Command
import Foundation
import RDSIAMBasics
import RDSIAMSystem
import Testing
import TokenAuditLog

@testable import rds_iam

@Suite("Times and texts on the command line", .timeLimit(.minutes(1)))
struct TerminalTests {
    /// 2026-11-28T13:29:07Z, a Saturday.
    private static let now = Date(timeIntervalSince1970: 1_795_872_547)

    struct Case: Sendable {
        let text: String
        let time: String?
    }

    static let times = [
        Case(text: "2026-11-28", time: "2026-11-28T00:00:00Z"), Case(text: "now", time: "2026-11-28T13:29:07Z"),
        Case(text: "today", time: "2026-11-28T00:00:00Z"), Case(text: "Yesterday", time: "2026-11-27T00:00:00Z"),
        Case(text: "90s", time: "2026-11-28T13:27:37Z"), Case(text: "15m", time: "2026-11-28T13:14:07Z"),
        Case(text: "2h", time: "2026-11-28T11:29:07Z"), Case(text: "3d", time: "2026-11-25T13:29:07Z"),
        Case(text: "6w", time: "2026-10-17T13:29:07Z"),
        Case(text: "2026-11-28 13:29", time: "2026-11-28T13:29:00Z"),
        Case(text: "2026-11-28T13:29", time: "2026-11-28T13:29:00Z"),
        Case(text: "2026-11-28 13:29:05", time: "2026-11-28T13:29:05Z"),
        Case(text: "2026-11-28T13:29:05Z", time: "2026-11-28T13:29:05Z"),
        Case(text: "2026-11-28 13:29Z", time: "2026-11-28T13:29:00Z"),
        Case(text: "2026-11-28 13:29 UTC", time: "2026-11-28T13:29:00Z"),
        Case(text: "2026-11-28 13:29+01:00", time: "2026-11-28T12:29:00Z"),
        Case(text: "2026-11-28T13:29:05-08:00", time: "2026-11-28T21:29:05Z"),
        Case(text: "2024-02-29", time: "2024-02-29T00:00:00Z"), Case(text: "2026-02-29", time: nil),
        Case(text: "2026-11-31", time: nil), Case(text: "2026-13-01", time: nil),
        Case(text: "2026-11-28 24:00", time: nil), Case(text: "2026-11-28 13:61", time: nil),
        Case(text: "2026-11-28Z", time: nil), Case(text: "", time: nil), Case(text: "h", time: nil),
        Case(text: "-2h", time: nil), Case(text: "2.5h", time: nil), Case(text: "2 h", time: nil),
        Case(text: "99999999999999999999w", time: nil), Case(text: "999999999w", time: "-9999-01-01T00:00:00Z"),
        Case(text: "tomorrow", time: nil), Case(text: "2026-11", time: nil), Case(text: "\u{662}h", time: nil),
        Case(text: "2026-11-28 13:29 CET", time: nil), Case(text: "\u{212A}", time: nil),
    ]

    @Test("a time is read in each form there is, and one that does not exist is refused", arguments: times)
    func time(text: Case) throws {
        let time = try? TimeText.parse(text.text)
        #expect(time?.date(now: Self.now).rfc3339 == text.time)
    }

    @Test("the message for a time that cannot be read shows the forms")
    func message() {
        let error = #expect(throws: (any Error).self) { try TimeText.parse("x") }
        #expect(String(describing: error).contains("15m, 2h, 3d"))
    }

    @Test("a text is cut and padded by the columns that it takes on a terminal")
    func columns() {
        #expect("e\u{301}".columns == 1 && "日本".columns == 4 && "abc".columns == 3)
        #expect("日本語".cut(to: 5, ellipsis: "…") == "日本…" && "abc".cut(to: 3, ellipsis: "…") == "abc")
        #expect("日".padded(to: 4) == "日  " && "7".padded(to: 3, onTheLeft: true) == "  7")
    }

    @Test("what would act on a terminal is shown as an escape")
    func displayed() {
        #expect("a\tb\r\n\\".displayed == #"a\tb\r\n\\"#)
        #expect("\u{1B}[2J\u{9B}\u{200B}\u{2028}".displayed == #"\u{1b}[2J\u{9b}\u{200b}\u{2028}"#)
        #expect("{\"a\":\"\u{9B}\u{E0001}\"}".withJSONEscapes == #"{"a":"\u009b\udb40\udc01"}"#)
    }
}
#endif
