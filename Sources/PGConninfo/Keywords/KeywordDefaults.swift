/// The keyword table as resolving reads it: made once, as every connection resolves.
enum KeywordDefaults {
    /// The environment variables that set keywords.
    static let variables: [String] = Array(codesByVariable.keys)

    /// The keyword that an environment variable sets.
    static let codesByVariable: [String: KeywordCode] = {
        var codes: [String: KeywordCode] = [:]
        for code in KeywordCode.allCases {
            if let variable = KeywordDefinition.of(code).environmentVariable { codes[variable.description] = code }
        }
        return codes
    }()

    /// The defaults that are compiled into libpq.
    static let compiled: [(code: KeywordCode, value: [UInt8])] = KeywordCode.allCases.compactMap { code in
        KeywordDefinition.of(code).compiledDefault.map { (code, Array($0.description.utf8)) }
    }
}
