/// Reads a connection string in one pass; the two syntaxes are extensions in files of their own.
///
/// The functions take the untouched input beside `self`, because escapes are resolved in place in the store's copy.
struct ConninfoParser {
    var store: ParameterStore
    let dialect: Conninfo.Dialect
    let extensions: Conninfo.ExtensionKeywords
    var traits = ByteTraits()

    init(_ bytes: [UInt8], dialect: Conninfo.Dialect, extensions: Conninfo.ExtensionKeywords) {
        self.store = ParameterStore(bytes: bytes)
        self.dialect = dialect
        self.extensions = extensions
    }

    mutating func parse(_ input: Span<UInt8>) throws(ConninfoError) {
        traits = ByteTraits(input)
        if traits.hasNUL { throw .nulByte(in: input) }
        store.reserveUsualCapacity()
        if let start = Self.endOfScheme(input) {
            try parseURI(input, from: start)
        } else {
            try parseKeywordValue(input)
        }
    }

    static func endOfScheme(_ input: Span<UInt8>) -> Int? {
        if input.hasPrefix("postgresql://") { return 13 }
        return input.hasPrefix("postgres://") ? 11 : nil
    }

    /// The key of a name in the store's buffer, after its escapes were resolved.
    func key(named name: Range<Int>) -> ParameterStore.Key? {
        let name = store.bytes.span.extracting(name)
        if let code = KeywordIndex.standard.code(named: name, in: dialect) { return .init(code) }
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

/// What the whole input is free of, so that its parts need no second look.
struct ByteTraits {
    var hasNUL = false
    var hasPercent = false
    var hasSpace = false

    init() {}

    init(_ input: Span<UInt8>) {
        for index in input.indices {
            let byte = input[unchecked: index]
            hasNUL = hasNUL || byte == 0
            hasPercent = hasPercent || byte == UInt8(ascii: "%")
            hasSpace = hasSpace || byte == UInt8(ascii: " ")
        }
    }
}

extension Span where Element == UInt8 {
    func hasPrefix(_ prefix: StaticString) -> Bool {
        count >= prefix.utf8CodeUnitCount && extracting(0..<prefix.utf8CodeUnitCount).equals(prefix)
    }

    func equals(_ text: StaticString) -> Bool {
        text.equals(self)
    }
}
