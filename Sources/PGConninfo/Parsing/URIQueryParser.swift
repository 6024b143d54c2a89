// The query of a URI, `conninfo_uri_parse_params` in libpq:
//     params := [ pair ("&" pair)* ["&"] ]      pair := name "=" value
extension ConninfoParser {
    mutating func parseQuery(_ input: Span<UInt8>, from start: Int) throws(ConninfoError) {
        var cursor = start
        while cursor < input.count {
            let pair = try scanPair(input, &cursor)
            let name = try decode(pair.name, at: pair.name.lowerBound, keyword: nil)
            let value = try decode(pair.value, at: pair.value.lowerBound, keyword: nil)
            guard storeParameter(name, value) else {
                throw .unknownParameter(Array(store.bytes[name]), at: pair.name.lowerBound)
            }
        }
    }

    private mutating func storeParameter(_ name: Range<Int>, _ value: Range<Int>) -> Bool {
        if let key = key(named: name) {
            store.assign(key, value)
            return true
        }
        return storeJDBCParameter(name, value) || storeObsoleteKeyword(name, value)
    }

    /// `ssl=true`, as JDBC writes it, means `sslmode=require`; any other value of `ssl` is no parameter.
    private mutating func storeJDBCParameter(_ name: Range<Int>, _ value: Range<Int>) -> Bool {
        guard store.bytes[name].elementsEqual("ssl".utf8), store.bytes[value].elementsEqual("true".utf8) else {
            return false
        }
        store.assign(.init(.sslmode), appending: "require".utf8)
        return true
    }

    /// Reads one pair, which holds exactly one raw `=`, and the `&` after it.
    private func scanPair(
        _ input: Span<UInt8>,
        _ cursor: inout Int
    ) throws(ConninfoError) -> (name: Range<Int>, value: Range<Int>) {
        let start = cursor
        let equals = input.firstIndex(from: start) { $0.endsPairPart }
        guard equals < input.count, input[equals] == UInt8(ascii: "=") else {
            throw .missingSeparator(input.copy(start..<equals), at: start)
        }
        let end = input.firstIndex(from: equals + 1) { $0.endsPairPart }
        guard end == input.count || input[end] == UInt8(ascii: "&") else {
            throw .extraSeparator(input.copy(start..<equals), at: start)
        }
        cursor = min(end + 1, input.count)
        return (start..<equals, equals + 1..<end)
    }
}
