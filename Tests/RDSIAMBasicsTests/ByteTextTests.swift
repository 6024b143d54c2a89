import Foundation
import RDSIAMBasics
import Testing

@Suite("Text as bytes", .timeLimit(.minutes(1)))
struct ByteTextTests {
    /// Pairs that differ in bytes; Swift's `String` holds the first two to be equal.
    static let twins: [(String, String)] = [
        ("e\u{301}", "\u{E9}"), ("\u{212B}", "\u{C5}"), ("\u{212A}", "k"), ("\u{17F}", "s"), ("a\0b", "a"), ("", "\0"),
    ]

    @Test("twins are two keys, and neither is found under the other", arguments: twins)
    func twinsDiffer(pair: (String, String)) {
        let (left, right) = (ByteText(pair.0), ByteText(pair.1))
        #expect(left != right)
        #expect(Set([left, right]).count == 2)
        #expect([left: 1][right] == nil)
        #expect(left == ByteText(pair.0))
        #expect([left: 1][ByteText(pair.0)] == 1)
        #expect((left < right) != (right < left))
        #expect(!pair.0.isBytewiseEqual(to: pair.1))
    }

    @Test("case changes in ASCII alone", arguments: [("ABCz\u{212A}\u{130}", "abcz\u{212A}\u{130}"), ("", "")])
    func lowercasing(text: String, expected: String) {
        #expect(Array(text.asciiLowercased().utf8) == Array(expected.utf8))
    }

    @Test("what a terminal would act on becomes an escape, and what is kept stays")
    func escaping() {
        let text =
            "é日\\\t\r\n\0\u{1B}\u{7F}\u{9B}\u{200E}\u{200F}\u{61C}\u{202A}\u{202E}\u{2066}\u{2069}\u{2028}e\u{301}"
        let marks = #"\u{200e}\u{200f}\u{61c}\u{202a}\u{202e}\u{2066}\u{2069}\u{2028}"#
        let controls = #"\\t\r\n\u{0}\u{1b}\u{7f}\u{9b}"#
        #expect(text.escapingInvisible() == "é日" + controls + marks + "e\u{301}")
        #expect("a\n\u{1B}b".escapingInvisible(except: ["\n"]) == "a\n\\u{1b}b")
    }

    @Test("a combining mark hides neither a prefix nor a separator")
    func combiningMarks() {
        #expect("/\u{301}a".hasBytePrefix("/"))
        #expect("a/\u{301}".hasByteSuffix("\u{301}"))
        #expect(!"\u{E9}".hasBytePrefix("e"))
        #expect("x,\u{301}y,".containsBytes(",\u{301}"))
        #expect(!"xy".containsBytes("xyz"))
        #expect("xy".containsBytes(""))
        #expect("ab\u{301}ab".replacingBytes("ab", with: "*") == "*\u{301}*")
        #expect("aab".replacingBytes("ab", with: "") == "a" && "ab".replacingBytes("", with: "x") == "ab")
        let parts = "a/\u{301}b//c".splitBytes(separator: "/", omittingEmptySubsequences: false)
        #expect(parts.map { Array($0.utf8) } == ["a", "\u{301}b", "", "c"].map { Array($0.utf8) })
        #expect("a=b=c".splitBytes(separator: "=", maxSplits: 1) == ["a", "b=c"])
    }

    @Test(
        "white space is that of ASCII",
        arguments: [(" \t\r\n\u{B}\u{C}a b ", "a b"), ("\u{A0}a", "\u{A0}a"), (" ", "")]
    )
    func trimming(text: String, expected: String) {
        #expect(text.trimmingASCIISpace() == expected)
    }

    @Test("a hash ends where the text ends")
    func hashEnds() {
        func hash(_ texts: [ByteText]) -> Int {
            var hasher = Hasher()
            for text in texts { text.hash(into: &hasher) }
            return hasher.finalize()
        }
        #expect(hash(["ab", "c"]) != hash(["a", "bc"]))
    }

    @Test("the nearest name is found by bytes, and none if none is near")
    func nearestName() {
        let names = ["default", "redshift", "rds"]
        #expect(NearestName.find("defualt", among: names) == "default")
        #expect(NearestName.find("RDS", among: names) == "rds")
        #expect(NearestName.find("kubernetes", among: names) == nil)
        #expect(NearestName.find("x", among: []) == nil)
        #expect(NearestName.find("hots", among: ["user", "host", "port"]) == "host")
        #expect(NearestName.find("hsto", among: ["user", "host", "port"]) == nil)
    }

    @Test(
        "an edit is an insertion, a deletion, a substitution or a transposition of neighbors",
        arguments: [
            ("kitten", "sitting", 3), ("hots", "host", 1), ("ohst", "HOST", 1), ("ba", "ab", 1), ("ohsts", "host", 2),
            ("badc", "abcd", 2), ("tsoh", "host", 3), ("ca", "abc", 3), ("", "abc", 3), ("abc", "abc", 0),
            (String(repeating: "a", count: 1_000_000), "", 100),
        ]
    )
    func editDistance(left: String, right: String, distance: Int) {
        #expect(NearestName.editDistance(left, right) == distance)
        #expect(NearestName.editDistance(right, left) == distance)
    }

    @Test(
        "a quoted text is one word to a shell, and a plain one needs no marks",
        arguments: ["a b", "it's", "$HOME `x` \\", "", "~", "*", "a\nb", "é", "a;b", "db-0.example.com:5432", "a=b,c"]
    )
    func shellWords(_ text: String) throws {
        for word in [text.quotedForShell, text.shellWord] {
            let process = Process()
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments = ["-c", "printf '%s|' x \(word)"]
            let pipe = Pipe()
            process.standardOutput = pipe
            try process.run()
            #expect(String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) == "x|\(text)|")
        }
        #expect("db-0.example.com:5432".shellWord == "db-0.example.com:5432" && "it's".shellWord == #"'it'\''s'"#)
    }
}
