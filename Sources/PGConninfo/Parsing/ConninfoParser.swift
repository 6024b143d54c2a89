/// Parses a connection string in one pass.
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
            return try parseKeywordValueOrForeignURI(input)
        }
        mayHoldEscapes = input.hasAny(0, UInt8(ascii: "%"), UInt8(ascii: " "))
        if mayHoldEscapes, input.hasNUL { throw .nulByte(in: input) }
        try parseURI(input, from: start)
    }

    /// Returns the parameters without a copy.
    consuming func finish() -> Conninfo {
        Conninfo(store: store, dialect: dialect, extensions: extensions)
    }

    private mutating func parseKeywordValueOrForeignURI(_ input: Span<UInt8>) throws(ConninfoError) {
        do throws(ConninfoError) {
            try parseKeywordValue(input)
        } catch {
            guard store.slots.isEmpty, let scheme = ForeignScheme(of: input) else { throw error }
            throw .unknownScheme(scheme, insteadOf: error)
        }
    }

    /// Returns where the scheme of a URI that libpq knows ends, or `nil` if there is none.
    static func endOfScheme(_ input: Span<UInt8>) -> Int? {
        if input.hasPrefix("postgresql://") { return 13 }
        return input.hasPrefix("postgres://") ? 11 : nil
    }

    /// Returns the key of a name in the store's buffer, after its escapes were resolved.
    func key(named name: Range<Int>) -> ParameterStore.Key? {
        let name = store.bytes.span.extracting(name)
        if let code = KeywordCode(named: name, in: dialect) { return .init(code) }
        return extensions.position(of: name).map(ParameterStore.Key.init(extensionAt:))
    }

    /// Stores `requiressl`, an obsolete keyword: a value that begins with 1 demands TLS (`conninfo_storeval`).
    mutating func storeObsoleteKeyword(_ name: Range<Int>, _ value: Range<Int>) -> Bool {
        guard store.bytes[name].elementsEqual("requiressl".utf8) else { return false }
        let isRequired = !value.isEmpty && store.bytes[value.lowerBound] == UInt8(ascii: "1")
        store.assign(.init(.sslmode), appending: (isRequired ? "require" : "prefer").utf8)
        return true
    }
}

// The keyword/value syntax, `conninfo_parse` in libpq:
//     conninfo := SP* ( name SP* '=' SP* value SP* )*
extension ConninfoParser {
    mutating func parseKeywordValue(_ input: Span<UInt8>) throws(ConninfoError) {
        var cursor = input.endOfBlanks(from: 0)
        while cursor < input.count {
            let name = try scanName(input, &cursor)
            let value =
                cursor < input.count && input[cursor] == UInt8(ascii: "'")
                ? try scanQuoted(input, &cursor) : scanBare(input, &cursor)
            guard storeSetting(name, value) else { throw unknownKeyword(name, value: value, in: input) }
            cursor = input.endOfBlanks(from: cursor)
        }
    }

    private mutating func storeSetting(_ name: Range<Int>, _ value: Range<Int>) -> Bool {
        guard let key = key(named: name) else { return storeObsoleteKeyword(name, value) }
        store.assign(key, value)
        return true
    }

    /// Scans a name and its `=` and leaves the cursor on the value.
    private func scanName(_ input: Span<UInt8>, _ cursor: inout Int) throws(ConninfoError) -> Range<Int> {
        let start = cursor
        let end = input.firstIndex(from: start) { $0.endsName }
        let equals = input.endOfBlanks(from: end)
        guard equals < input.count, input[equals] == UInt8(ascii: "=") else {
            throw .missingEquals(after: input.copy(start..<end), at: start)
        }
        cursor = input.endOfBlanks(from: equals + 1)
        return start..<end
    }

    /// Scans a value without quotes, which ends at a blank.
    ///
    /// libpq drops a backslash at the very end.
    private mutating func scanBare(_ input: Span<UInt8>, _ cursor: inout Int) -> Range<Int> {
        let start = cursor
        cursor = input.firstIndex(from: start) { $0.endsBareRun }
        guard cursor < input.count, input[cursor] == UInt8(ascii: "\\") else { return start..<cursor }
        return scanEscapedBare(input, start, &cursor)
    }

    private mutating func scanEscapedBare(_ input: Span<UInt8>, _ start: Int, _ cursor: inout Int) -> Range<Int> {
        var end = cursor
        while cursor < input.count, !input[cursor].isBlank {
            if input[cursor] == UInt8(ascii: "\\") { cursor += 1 }
            guard cursor < input.count else { break }
            store.bytes[end] = input[cursor]
            end += 1
            cursor += 1
        }
        return start..<end
    }

    private mutating func scanQuoted(_ input: Span<UInt8>, _ cursor: inout Int) throws(ConninfoError) -> Range<Int> {
        let quote = cursor
        let start = quote + 1
        cursor = input.firstIndex(from: start) { $0.endsQuotedRun }
        var end = cursor
        while cursor < input.count, input[cursor] != UInt8(ascii: "'") {
            if input[cursor] == UInt8(ascii: "\\") { cursor += 1 }
            guard cursor < input.count else { break }
            store.bytes[end] = input[cursor]
            end += 1
            cursor += 1
        }
        guard cursor < input.count else { throw .unterminatedQuote(at: quote) }
        cursor += 1
        return start..<end
    }
}
