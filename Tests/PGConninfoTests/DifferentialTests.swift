import ConninfoDifferential
import PGConninfo
import Testing

@Suite(.timeLimit(.minutes(5))) struct DifferentialTests {
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

    @Test(arguments: GrammarCases.uris)
    func uriGetsLibpqsAnswer(uri: String) {
        #expect(Differential.difference(on: bytes(uri), checkingRoundTrip: true) == nil)
    }

    @Test(arguments: GrammarCases.keywordValues)
    func keywordValueStringGetsLibpqsAnswer(text: String) {
        #expect(Differential.difference(on: bytes(text), checkingRoundTrip: true) == nil)
    }

    /// Tries every string of up to three of the bytes that the grammars treat specially.
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

/// Compares 2,000 inputs with the answers of libpq 15 to 19.
@Suite(.timeLimit(.minutes(5))) struct SharedDataTests {
    struct Case: Decodable {
        let id: String
        let input: String?
        let hexInput: String?
        let result: Result
        let resultsByVersion: [String: Result]?

        enum CodingKeys: String, CodingKey {
            case id, input, result
            case hexInput = "input_hex"
            case resultsByVersion = "result_by_version"
        }

        var bytes: [UInt8] { input.map { Array($0.utf8) } ?? PGConninfoTests.bytes(hex: hexInput ?? "") }
    }

    struct Result: Decodable {
        let ok: Bool
        let params: [String: Value]?
        let error: Value?

        /// The settings in the order of the names, for JSON objects have none.
        var answer: Oracle.Answer {
            guard ok else { return .error(error?.bytes ?? []) }
            let settings = (params ?? [:]).map { Oracle.Setting($0.key, $0.value.bytes) }
            return .parameters(settings.sorted { $0.name < $1.name })
        }
    }

    struct Value: Decodable {
        let bytes: [UInt8]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                bytes = Array(text.utf8)
            } else {
                bytes = PGConninfoTests.bytes(hex: try container.decode([String: String].self)["hex"] ?? "")
            }
        }
    }

    private struct File: Decodable { let cases: [Case] }

    @Test(arguments: Conninfo.Dialect.all)
    func answersAsLibpqDid(dialect: Conninfo.Dialect) throws {
        let cases = try Fixture.decode(File.self, from: "parse_fuzz.json").cases
        #expect(cases.count == 2_000)
        for each in cases {
            let expected = each.resultsByVersion?["\(dialect.majorVersion)"] ?? each.result
            let answer = Conninfo.answer(to: each.bytes, dialect: dialect)
            #expect(answer.inOrderOfNames == expected.answer, "\(each.id) in \(dialect)")
        }
    }
}

extension Oracle.Answer {
    fileprivate var inOrderOfNames: Oracle.Answer {
        guard case .parameters(let settings) = self else { return self }
        return .parameters(settings.sorted { $0.name < $1.name })
    }
}
