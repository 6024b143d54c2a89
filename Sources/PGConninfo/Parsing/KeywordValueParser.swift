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
            guard storeSetting(name, value) else { throw .unknownKeyword(input.copy(name), at: name.lowerBound) }
            cursor = input.endOfBlanks(from: cursor)
        }
    }

    private mutating func storeSetting(_ name: Range<Int>, _ value: Range<Int>) -> Bool {
        guard let key = key(named: name) else { return storeObsoleteKeyword(name, value) }
        store.assign(key, value)
        return true
    }

    /// Reads a name and its `=` and leaves the cursor on the value.
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

    /// A value without quotes ends at a blank; a backslash at the very end is dropped.
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
