// The URI syntax, `conninfo_uri_parse_options` in libpq:
//     uri := scheme [ user [":" password] "@" ] netloc ("," netloc)* [ "/" dbname ] [ "?" params ]
extension ConninfoParser {
    mutating func parseURI(_ input: Span<UInt8>, from start: Int) throws(ConninfoError) {
        var cursor = start
        try parseUserInfo(input, &cursor)
        try parseHosts(input, &cursor)
        if cursor < input.count, input[cursor] == UInt8(ascii: "/") {
            let name = cursor + 1
            cursor = input.firstIndex(from: name) { $0 == UInt8(ascii: "?") }
            try storeUnlessEmpty(.dbname, name..<cursor, input)
        }
        if cursor < input.count { try parseQuery(input, from: cursor + 1) }
    }

    /// Everything before the first `@`, unless a `/` comes first; not even a `?` or a `[` ends the search.
    private mutating func parseUserInfo(_ input: Span<UInt8>, _ cursor: inout Int) throws(ConninfoError) {
        let start = cursor
        let at = input.firstIndex(from: start) { $0.endsUserInfo }
        guard at < input.count, input[at] == UInt8(ascii: "@") else { return }
        let user = start..<input.firstIndex(from: start) { $0.endsUser }
        try storeUnlessEmpty(.user, user, input)
        if user.upperBound < at { try storeUnlessEmpty(.password, user.upperBound + 1..<at, input) }
        cursor = at + 1
    }

    private mutating func parseHosts(_ input: Span<UInt8>, _ cursor: inout Int) throws(ConninfoError) {
        let first = try Self.scanNetloc(input, &cursor)
        if cursor < input.count, input[cursor] == UInt8(ascii: ",") {
            try parseHostList(input, first, &cursor)
        } else {
            try storeUnlessEmpty(.host, first.host, input)
            try storeUnlessEmpty(.port, first.port, input)
        }
    }

    /// Several hosts become one list, decoded as a whole after joining; a comma goes to both lists.
    ///
    /// Both lists are put behind the buffer's own bytes: neither can be longer than what is left of the input.
    private mutating func parseHostList(
        _ input: Span<UInt8>,
        _ first: Netloc,
        _ cursor: inout Int
    ) throws(ConninfoError) {
        let start = first.host.lowerBound
        let room = input.count - start
        let base = store.bytes.count
        store.bytes.append(contentsOf: repeatElement(0, count: 2 * room))
        let ends = try store.bytes.withUnsafeMutableBufferPointer { buffer throws(ConninfoError) in
            var hosts = ListWriter(buffer, from: base, limit: room)
            var ports = ListWriter(buffer, from: base + room, limit: room)
            hosts.append(first.host, of: input)
            ports.append(first.port, of: input)
            while cursor < input.count, input[cursor] == UInt8(ascii: ",") {
                cursor += 1
                let next = try Self.scanNetloc(input, &cursor)
                hosts.appendComma()
                hosts.append(next.host, of: input)
                ports.appendComma()
                ports.append(next.port, of: input)
            }
            return (hosts: hosts.end, ports: ports.end)
        }
        store.assign(.init(.host), try decode(base..<ends.hosts, at: start, keyword: .host))
        store.assign(.init(.port), try decode(base + room..<ends.ports, at: start, keyword: .port))
    }

    private mutating func storeUnlessEmpty(
        _ code: KeywordCode,
        _ component: Range<Int>,
        _ input: Span<UInt8>
    ) throws(ConninfoError) {
        guard !component.isEmpty else { return }
        store.assign(.init(code), try decode(component, at: component.lowerBound, keyword: code))
    }
}

/// The raw host and port of one place in a URI.
struct Netloc {
    let host: Range<Int>
    let port: Range<Int>
}

extension ConninfoParser {
    /// Reads `host[:port]` and leaves the cursor on `,`, `/`, `?` or the end.
    private static func scanNetloc(_ input: Span<UInt8>, _ cursor: inout Int) throws(ConninfoError) -> Netloc {
        let host = try scanHost(input, &cursor)
        guard cursor < input.count, input[cursor] == UInt8(ascii: ":") else {
            return Netloc(host: host, port: cursor..<cursor)
        }
        let port = cursor + 1
        cursor = input.firstIndex(from: port) { $0.endsPort }
        return Netloc(host: host, port: port..<cursor)
    }

    private static func scanHost(_ input: Span<UInt8>, _ cursor: inout Int) throws(ConninfoError) -> Range<Int> {
        let start = cursor
        if start < input.count, input[start] == UInt8(ascii: "[") { return try scanBrackets(input, &cursor) }
        cursor = input.firstIndex(from: start) { $0.endsHost }
        return start..<cursor
    }

    private static func scanBrackets(_ input: Span<UInt8>, _ cursor: inout Int) throws(ConninfoError) -> Range<Int> {
        let bracket = cursor
        let end = input.firstIndex(from: bracket + 1) { $0 == UInt8(ascii: "]") }
        guard end < input.count else { throw .unclosedBracket(in: input, at: bracket) }
        guard end > bracket + 1 else { throw .emptyBrackets(in: input, at: bracket) }
        cursor = end + 1
        guard cursor == input.count || input[cursor].endsHost else { throw .unexpectedByte(in: input, at: cursor) }
        return bracket + 1..<end
    }
}
