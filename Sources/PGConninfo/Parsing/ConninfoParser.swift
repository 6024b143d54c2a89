/// Reads a connection string in one pass; the two syntaxes are extensions in files of their own.
///
/// The functions take the untouched input beside `self`, because escapes are resolved in place in the store's copy.
struct ConninfoParser: ~Copyable {
    var store: ParameterStore
    let dialect: Conninfo.Dialect
    let extensions: Conninfo.ExtensionKeywords
    private(set) var mayHoldEscapes = false

    init(_ bytes: [UInt8], dialect: Conninfo.Dialect, extensions: Conninfo.ExtensionKeywords) {
        self.store = ParameterStore(bytes: bytes)
        self.dialect = dialect
        self.extensions = extensions
    }

    mutating func parse(_ input: Span<UInt8>) throws(ConninfoError) {
        store.reserveUsualCapacity()
        guard let start = Self.endOfScheme(input) else {
            if input.hasNUL { throw .nulByte(in: input) }
            return try parseKeywordValue(input)
        }
        mayHoldEscapes = input.hasAny(0, UInt8(ascii: "%"), UInt8(ascii: " "))
        if mayHoldEscapes, input.hasNUL { throw .nulByte(in: input) }
        try parseURI(input, from: start)
    }

    /// Gives the parameters away, without a copy to be counted.
    consuming func finish() -> Conninfo {
        Conninfo(store: store, dialect: dialect, extensions: extensions)
    }

    static func endOfScheme(_ input: Span<UInt8>) -> Int? {
        if input.hasPrefix("postgresql://") { return 13 }
        return input.hasPrefix("postgres://") ? 11 : nil
    }

    /// The key of a name in the store's buffer, after its escapes were resolved.
    func key(named name: Range<Int>) -> ParameterStore.Key? {
        let name = store.bytes.span.extracting(name)
        if let code = KeywordCode(named: name, in: dialect) { return .init(code) }
        return extensions.position(of: name).map(ParameterStore.Key.init(extensionAt:))
    }

    /// `requiressl`, long gone, still sets `sslmode`: a value that starts with 1 demands TLS (`conninfo_storeval`).
    mutating func storeObsoleteKeyword(_ name: Range<Int>, _ value: Range<Int>) -> Bool {
        guard store.bytes[name].elementsEqual("requiressl".utf8) else { return false }
        let isRequired = !value.isEmpty && store.bytes[value.lowerBound] == UInt8(ascii: "1")
        store.assign(.init(.sslmode), appending: (isRequired ? "require" : "prefer").utf8)
        return true
    }
}
