import RDSIAMBasics
import Testing

@testable import AWSCredentialSources

/// The strict dialect of the shared-configuration files.
@Suite(.timeLimit(.minutes(2))) struct GrammarTests {
    static let cases = sections + properties + comments + continuations + merging + names + errors

    @Test("each text makes the profiles it should", arguments: cases)
    func text(_ grammarCase: GrammarCase) throws {
        try grammarCase.check()
    }

    @Test("there are at least 70 cases")
    func count() { #expect(Self.cases.count >= 70) }

    private struct Names: Decodable {
        struct Row: Decodable {
            var name: String
            var words: [String]?
        }
        var names: [Row]
    }

    @Test("names are split into the words that Python's shlex finds")
    func shlexWords() throws {
        let table = try Fixtures.decode(Names.self, from: "section_names.json")
        #expect(table.names.count == 1000)
        for row in table.names { #expect(SectionName.words(row.name) == row.words, "\(row.name)") }
    }

    @Test("a name in a command is one word for a shell", arguments: ["dev", "Team Alpha", "it's", "a\"b", "$HOME", ""])
    func quoted(_ name: String) {
        #expect(SectionName.words(name.shellWord) == [name])
    }

    @Test("sub-properties are read with their comments taken off")
    func subproperties() throws {
        var configuration = SharedConfiguration()
        let text = "[services s]\nsts =\n  Endpoint_URL = http://a # here\n\n  empty =\n  url = http://b#c\n"
        configuration.addConfig(Array(text.utf8), file: "config")
        let section = try #require(try configuration.section(.services, "s"))
        let found = ["endpoint_url", "empty", "url"].map { section.value(ByteText($0), below: "sts") }
        #expect(found == ["http://a", "", "http://b#c"])
    }

    @Test("junk, truncation and bytes that are no text end in profiles or an error, never worse")
    func junk() throws {
        let text = Array("[profile a]\nk = v\n  more\n[default]\ns =\n x = y\n# c\n[b] ; c\n".utf8)
        for length in 0...text.count { parse(Array(text[..<length])) }
        var generator = SplitMix(state: 7)
        let alphabet = Array("[]=#; \t\n\r\u{0}ab\\\"".utf8) + [0xFF, 0xC3, 0xEF]
        for _ in 0..<5_000 {
            let length = Int.random(in: 0...60, using: &generator)
            parse((0..<length).map { _ in alphabet.randomElement(using: &generator) ?? 0 })
        }
    }

    @Test("a giant file is read")
    func giant() throws {
        var text = "[profile long]\nkey = " + String(repeating: "x", count: 1_000_000) + "\n"
        for index in 0..<20_000 { text += "[profile p\(index)]\nregion = eu-west-2\n" }
        var configuration = SharedConfiguration()
        configuration.addConfig(Array(text.utf8), file: "config")
        #expect(configuration.all(.profile).count == 20_001)
        #expect(configuration.all(.profile)["long"]?.value("key")?.utf8.count == 1_000_000)
    }

    /// Every fault names a line.
    private func parse(_ bytes: [UInt8]) {
        var configuration = SharedConfiguration()
        configuration.addConfig(bytes, file: "config")
        configuration.addCredentials(bytes, file: "credentials")
        let faults =
            configuration.hints.split(separator: ".").map(String.init)
            + configuration.all(.profile).values.flatMap(\.faults)
        #expect(faults.allSatisfy { $0.contains("line ") }, "\(faults)")
    }
}

/// A small generator of numbers, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
