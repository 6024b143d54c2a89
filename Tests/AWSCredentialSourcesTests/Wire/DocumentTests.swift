import Foundation
import Testing

@testable import AWSCredentialSources

/// The documents that services answer, well formed and not.
@Suite struct DocumentTests {
    @Test(
        "times are read in every spelling AWS uses",
        arguments: [
            ("1970-01-01T00:00:00Z", 0.0), ("2000-02-29T23:59:59Z", 951_868_799),
            ("2026-01-02T03:04:05Z", 1_767_323_045),
            ("2026-01-02t03:04:05z", 1_767_323_045), ("2026-01-02 03:04:05Z", 1_767_323_045),
            ("2026-01-02T03:04:05.5Z", 1_767_323_045.5), ("2026-01-02T03:04:05,25Z", 1_767_323_045.25),
            ("2026-01-02T04:04:05+01:00", 1_767_323_045), ("2026-01-01T21:34:05-05:30", 1_767_323_045),
            ("9999-12-31T23:59:59Z", 253_402_300_799), ("2024-12-31T23:59:60Z", 1_735_689_600),
        ]
    )
    func time(_ text: String, _ seconds: Double) {
        #expect(Timestamp.parse(text)?.timeIntervalSince1970 == seconds)
    }

    @Test(
        "anything else is no time",
        arguments: [
            "", "2026", "2026-01-02", "2026-01-02T03:04Z", "2026-01-02T03:04:05", "2026-13-02T03:04:05Z",
            "2026-00-02T03:04:05Z", "2026-01-32T03:04:05Z", "2026-01-02T24:04:05Z", "2026-01-02T03:60:05Z",
            "2026-01-02T03:04:61Z", "2026-01-02T03:04:05Zx", "2026-01-02T03:04:05+1:00", "20260102T030405Z",
            "1767323045",
            "٢٠٢٦-01-02T03:04:05Z",
        ]
    )
    func noTime(_ text: String) {
        #expect(Timestamp.parse(text) == nil)
    }

    @Test("the days of 140 years agree with Foundation's calendar")
    func calendar() throws {
        for day in stride(from: 0, to: 51_000, by: 7) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400 + 3_661)
            #expect(Timestamp.parse(date.formatted(.iso8601)) == date)
        }
    }

    @Test("XML gives up its texts, entities and prefixes resolved")
    func xml() {
        let text =
            "<?xml version='1.0'?><!-- c --><a x='>'><n:b>1 &amp; 2 &#65;&#x42;&lt;</n:b><c/><d></d><b>no</b></a>"
        let found = XMLTexts(Array(text.replacingOccurrences(of: "x='>'", with: "x='y'").utf8))
        #expect(found?["b"] == "1 & 2 AB<")
        #expect(found?["c"] == nil)
        #expect(found?["d"] == nil)
    }

    @Test(
        "broken XML is refused",
        arguments: [
            "", "x", "<", "<a", "<a>", "<a></b>", "</a>", "<a>&unknown;</a>", "<a>&amp</a>", "<a>&#xFFFFFFFF;</a>",
            "<a><b></a></b>",
        ]
    )
    func brokenXML(_ text: String) {
        #expect(XMLTexts(Array(text.utf8)) == nil)
    }

    @Test("cut off anywhere, documents are refused and nothing worse")
    func truncation() {
        let xml = Array("<R><C><AccessKeyId>A</AccessKeyId><S>b&amp;c</S></C></R>".utf8)
        for length in 0..<xml.count { #expect(XMLTexts(Array(xml[..<length])) == nil) }
        let json = Array(#"{"AccessKeyId":"A","SecretAccessKey":"B","n":[1,{"x":null}]}"#.utf8)
        for length in 0..<json.count { #expect(JSONValue.object(Array(json[..<length])) == nil) }
        #expect(JSONValue.object(json)?.text("accesskeyid") == "A")
    }

    @Test("junk and towers of brackets are refused and nothing worse")
    func junk() {
        var generator = SplitMix(state: 11)
        let alphabet = Array("<>/&;#x{}[]\":,0a \n".utf8) + [0xFF, 0x00]
        for _ in 0..<3_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            #expect(XMLTexts(bytes)?["AccessKeyId"] == nil)
            #expect(JSONValue.object(bytes)?.text("AccessKeyId") == nil)
        }
        let tower = Array((#"{"a":"# + String(repeating: "[", count: 100_000)).utf8)
        #expect(JSONValue.object(tower) == nil)
        #expect(XMLTexts(Array(String(repeating: "<a>", count: 100_000).utf8)) == nil)
    }

    @Test("numbers that are no whole seconds do not crash")
    func numbers() {
        let members = JSONValue.object(Array(#"{"a":1e300,"b":-1,"c":900.0,"d":"900"}"#.utf8))
        #expect(members?.integer("a") == nil)
        #expect(members?.integer("b") == -1)
        #expect(members?.integer("c") == 900)
        #expect(members?.integer("d") == nil)
        #expect(JSONValue.object(Array(#"{"a":1e999}"#.utf8)) == nil)
    }
}
