/// The keyword table as resolving reads it: made once, as every connection resolves.
enum KeywordDefaults {
    /// The environment variables that set keywords.
    static let variables: [StaticString] = KeywordDefinition.table.compactMap(\.environmentVariable)

    /// The keyword that an environment variable sets.
    static let codesByVariable: [String: KeywordCode] = {
        var codes: [String: KeywordCode] = [:]
        for code in KeywordCode.allCases {
            if let variable = KeywordDefinition.of(code).environmentVariable { codes[variable.description] = code }
        }
        return codes
    }()

    /// The defaults that are compiled into libpq, one after another, and where each of them lies.
    static let compiled: (bytes: [UInt8], ranges: [(code: KeywordCode, range: Range<Int>)]) = {
        var bytes: [UInt8] = []
        var ranges: [(KeywordCode, Range<Int>)] = []
        for code in KeywordCode.allCases {
            guard let value = KeywordDefinition.of(code).compiledDefault else { continue }
            ranges.append((code, bytes.count..<bytes.count + value.utf8CodeUnitCount))
            value.withUTF8Buffer { bytes.append(contentsOf: $0) }
        }
        return (bytes, ranges)
    }()
}
