import ConninfoDifferential
import PGConninfo
import Testing

/// Parses input of any size and shape, with the same answer as libpq's.
@Suite(.timeLimit(.minutes(10))) struct HostileInputTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let make: @Sendable (_ size: Int) -> String
        var testDescription: String { name }

        init(_ name: String, _ make: @escaping @Sendable (_ size: Int) -> String) {
            self.name = name
            self.make = make
        }
    }

    static let cases = [
        Case("long value") { "password=" + String(repeating: "x", count: $0) },
        Case("long quoted value") { "password='" + String(repeating: "x", count: $0) + "'" },
        Case("unterminated quote") { "password='" + String(repeating: "x", count: $0) },
        Case("escapes") { "password=" + String(repeating: "\\\\", count: $0 / 2) },
        Case("quoted escapes") { "password='" + String(repeating: "\\'", count: $0 / 2) + "'" },
        Case("long name") { String(repeating: "x", count: $0) },
        Case("long unknown name") { String(repeating: "x", count: $0) + "=1" },
        Case("settings over and over") { String(repeating: "host=h ", count: $0 / 7) },
        Case("blanks") { String(repeating: " ", count: $0) },
        Case("hosts") { "postgresql://" + String(repeating: "h:1,", count: $0 / 4) },
        Case("bracketed hosts") { "postgresql://" + String(repeating: "[::1],", count: $0 / 6) },
        Case("brackets") { "postgresql://" + String(repeating: "[", count: $0) },
        Case("percent escapes") { "postgresql://u:" + String(repeating: "%41", count: $0 / 3) + "@h" },
        Case("percent signs") { "postgresql://" + String(repeating: "%", count: $0) },
        Case("percent escapes of percent signs") { "postgresql://" + String(repeating: "%25", count: $0 / 3) },
        Case("parameters over and over") { "postgresql://?" + String(repeating: "host=h&", count: $0 / 7) },
        Case("ampersands") { "postgresql://?" + String(repeating: "&", count: $0) },
        Case("colons") { "postgresql://" + String(repeating: ":", count: $0) },
        Case("at signs") { "postgresql://" + String(repeating: "@", count: $0) },
        Case("rewritten keywords") { String(repeating: "requiressl=1 ", count: $0 / 13) },
    ]

    @Test(arguments: cases)
    func largeInputGetsLibpqsAnswer(each: Case) {
        #expect(Differential.difference(on: bytes(each.make(300_000)), checkingRoundTrip: false) == nil)
    }

    @Test(arguments: ["long quoted value", "unterminated quote", "percent signs"])
    func tenMegabytesGetLibpqsAnswer(name: String) throws {
        let each = try #require(Self.cases.first { $0.name == name })
        #expect(Differential.difference(on: bytes(each.make(10_000_000)), checkingRoundTrip: false) == nil)
    }

    @Test func truncationAnywhereGetsLibpqsAnswer() {
        let texts = [
            "postgresql://us%65r:p%2Cw@[::1]:1,h%2Fx:2/d%20b?sslmode=require&application_name=a%00b&ssl=true&x=%zz",
            "host = 'a\\'b' port=\\1 user='x y'password=z\\ z sslmode='a",
        ]
        for text in texts {
            for length in 0...text.utf8.count {
                #expect(Differential.difference(on: Array(text.utf8.prefix(length)), checkingRoundTrip: true) == nil)
            }
        }
    }

    @Test func hundredThousandHostsHaveAsManyEndpoints() throws {
        let hosts = (0..<100_000).map { "h\($0):\($0 % 65_535 + 1)" }.joined(separator: ",")
        let endpoints = try Conninfo.parse("postgresql://" + hosts).resolve(in: .empty).endpoints()
        #expect(endpoints.count == 100_000)
        #expect(endpoints.last?.host == "h99999")
        #expect(try endpoints.last?.port() == 99_999 % 65_535 + 1)
    }

    @Test func randomBytesGetLibpqsAnswer() {
        var random = RandomSource(seed: 7)
        for length in 0..<600 {
            let input = (0..<length).map { _ in UInt8.random(in: 1...255, using: &random) }
            #expect(Differential.difference(on: input, checkingRoundTrip: false) == nil)
            #expect(Differential.difference(on: bytes("postgres://") + input, checkingRoundTrip: false) == nil)
        }
    }
}
