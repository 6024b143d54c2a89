import ConninfoDifferential
import PGConninfo
import Testing

/// 2,000 inputs with the answers of libpq 15 to 19.
@Suite struct SharedDataTests {
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
