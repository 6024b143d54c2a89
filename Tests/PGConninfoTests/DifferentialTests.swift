import ConninfoDifferential
import PGConninfo
import Testing

@Suite struct DifferentialTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func generatedInputsGetLibpqsAnswer(seed: UInt64) {
        var generator = InputGenerator(seed: seed)
        var accepted = 0
        for number in 0..<4_000 {
            let input = generator.next()
            let difference = Differential.difference(on: input, checkingRoundTrip: number.isMultiple(of: 4))
            #expect(difference == nil, "\(input)")
            if case .parameters = Oracle.parse(input) { accepted += 1 }
        }
        #expect((400...3_600).contains(accepted), "the generator makes both good and bad input")
    }

    @Test(arguments: URICases.all)
    func uriGetsLibpqsAnswer(uri: String) {
        #expect(Differential.difference(on: bytes(uri), checkingRoundTrip: true) == nil)
    }

    @Test(arguments: KeywordValueCases.all)
    func keywordValueStringGetsLibpqsAnswer(text: String) {
        #expect(Differential.difference(on: bytes(text), checkingRoundTrip: true) == nil)
    }

    /// Every string of up to three of the bytes that the grammars treat specially.
    @Test(arguments: ["", "postgres://", "postgres://h?", "host", "host=", "host='"])
    func shortStringsGetLibpqsAnswer(prefix: String) {
        let alphabet = Array("'\\=%&?/@:,[] a4".utf8)
        var strings: [[UInt8]] = [[]]
        for _ in 0..<3 {
            strings += strings.suffix(strings.count).flatMap { start in alphabet.map { start + [$0] } }
            strings = Array(Set(strings))
        }
        for string in strings {
            #expect(Differential.difference(on: bytes(prefix) + string, checkingRoundTrip: false) == nil, "\(string)")
        }
    }
}
