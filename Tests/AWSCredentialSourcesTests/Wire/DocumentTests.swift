import Foundation
import Testing

@testable import AWSCredentialSources

/// The XML documents that services answer, well formed and not.
@Suite(.timeLimit(.minutes(2))) struct DocumentTests {
    @Test("the texts of XML are found, with entities and prefixes resolved")
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
            "<a><b></a></b>", "<a>&#+65;</a>", "<a>&#x+41;</a>", "<a>&\u{301}amp;</a>", "<Key></\u{212A}ey>",
        ]
    )
    func brokenXML(_ text: String) {
        #expect(XMLTexts(Array(text.utf8)) == nil)
    }

    @Test("cut off anywhere, documents are refused and nothing worse")
    func truncation() {
        let xml = Array("<R><C><AccessKeyId>A</AccessKeyId><S>b&amp;c</S></C></R>".utf8)
        for length in 0..<xml.count { #expect(XMLTexts(Array(xml[..<length])) == nil) }
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
        }
        #expect(XMLTexts(Array(String(repeating: "<a>", count: 100_000).utf8)) == nil)
    }
}
