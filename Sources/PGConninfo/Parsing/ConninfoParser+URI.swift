import RDSIAMBasics

// The URI syntax, `conninfo_uri_parse_options` in libpq:
//     uri := scheme [ user [":" password] "@" ] netloc ("," netloc)* [ "/" dbname ] [ "?" params ]
extension ConninfoParser {
    mutating func parseURI(_ input: Span<UInt8>, from start: Int) throws(ConninfoError) {
        var cursor = start
        if !extensions.names.isEmpty { try Self.checkPasswordIsWhole(input, from: start) }
        try parseUserInfo(input, &cursor)
        try parseHosts(input, &cursor)
        if cursor < input.count, input[cursor] == UInt8(ascii: "/") {
            let name = cursor + 1
            cursor = input.firstIndex(from: name) { $0 == UInt8(ascii: "?") }
            try storeUnlessEmpty(.dbname, name..<cursor, input)
        }
        if cursor < input.count { try parseQuery(input, from: cursor + 1) }
    }

    /// Refuses a URI in which a `/` or an `@` of the password itself seems to have ended the password.
    ///
    /// libpq takes the rest of such a password for a host, a port or a database, which programs show and record.
    private static func checkPasswordIsWhole(_ input: Span<UInt8>, from start: Int) throws(ConninfoError) {
        let end = input.firstIndex(from: start) { $0.endsUserInfo }
        let hosts = end < input.count && input[end] == UInt8(ascii: "@") ? end + 1 : start
        let query = input.firstIndex(from: hosts) { $0 == UInt8(ascii: "?") }
        let at = input.firstIndex(from: hosts) { $0 == UInt8(ascii: "@") }
        guard at < query else { return }
        throw ConninfoError(.unescapedAt, at: at)
    }

    /// Parses everything before the first `@`, unless a `/` comes first.
    ///
    /// Neither `?` nor `[` ends the search.
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

    /// Joins several hosts to one list, which is decoded as a whole.
    ///
    /// A comma goes to the list of ports too.
    ///
    /// Both lists lie behind the buffer's own bytes. Neither can be longer than the rest of the input.
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

/// The raw host and port of one endpoint in a URI.
struct Netloc {
    let host: Range<Int>
    let port: Range<Int>
}

extension ConninfoParser {
    /// Scans `host[:port]` and leaves the cursor on `,`, `/`, `?` or the end.
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
                throw unknownParameter(Array(store.bytes[name]), at: pair.name.lowerBound, in: input, query: start)
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

    /// Stores `ssl=true`, as JDBC writes it, as `sslmode=require`.
    ///
    /// Any other value of `ssl` is no parameter.
    private mutating func storeJDBCParameter(_ name: Range<Int>, _ value: Range<Int>) -> Bool {
        guard store.bytes[name].elementsEqual("ssl".utf8), store.bytes[value].elementsEqual("true".utf8) else {
            return false
        }
        store.assign(.init(.sslmode), appending: "require".utf8)
        return true
    }

    /// Scans one pair, which holds exactly one raw `=`, and the `&` after it.
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

// Percent-decoding, `conninfo_uri_decode` in libpq. libpq 18 and later drop raw spaces around a component and refuse
// raw spaces inside it.
extension ConninfoParser {
    private var isStrictAboutSpaces: Bool { dialect >= .v18 }

    /// Decodes a raw component of the store's buffer in place and returns where the result lies.
    mutating func decode(
        _ component: Range<Int>,
        at offset: Int,
        keyword: KeywordCode?
    ) throws(ConninfoError) -> Range<Int> {
        guard mayHoldEscapes else { return component }
        let trimmed = isStrictAboutSpaces ? trimSpaces(component) : component
        try check(trimmed, in: component, at: offset, keyword: keyword)
        return decodeChecked(trimmed)
    }

    private func trimSpaces(_ component: Range<Int>) -> Range<Int> {
        var start = component.lowerBound
        var end = component.upperBound
        while start < end, store.bytes[start] == UInt8(ascii: " ") { start += 1 }
        while end > start, store.bytes[end - 1] == UInt8(ascii: " ") { end -= 1 }
        return start..<end
    }

    private func check(
        _ trimmed: Range<Int>,
        in component: Range<Int>,
        at offset: Int,
        keyword: KeywordCode?
    ) throws(ConninfoError) {
        var cursor = trimmed.lowerBound
        while cursor < trimmed.upperBound {
            let byte = store.bytes[cursor]
            if isStrictAboutSpaces, byte == UInt8(ascii: " ") {
                throw .unexpectedSpaces(store.bytes[component], at: offset, keyword)
            }
            guard byte == UInt8(ascii: "%") else {
                cursor += 1
                continue
            }
            switch percentEncodedByte(at: cursor, before: trimmed.upperBound) {
            case nil: throw .invalidPercentEncoding(store.bytes[component], at: offset, keyword)
            case 0: throw .percentEncodedNUL(store.bytes[component], at: offset, keyword)
            default: cursor += 3
            }
        }
    }

    private func percentEncodedByte(at percent: Int, before end: Int) -> UInt8? {
        guard percent + 2 < end, let high = Hexadecimal.value(of: store.bytes[percent + 1]),
            let low = Hexadecimal.value(of: store.bytes[percent + 2])
        else { return nil }
        return high << 4 | low
    }

    private mutating func decodeChecked(_ component: Range<Int>) -> Range<Int> {
        guard let first = store.bytes[component].firstIndex(of: UInt8(ascii: "%")) else { return component }
        var cursor = first
        var end = first
        while cursor < component.upperBound {
            if store.bytes[cursor] == UInt8(ascii: "%"),
                let byte = percentEncodedByte(at: cursor, before: component.upperBound)
            {
                store.bytes[end] = byte
                cursor += 3
            } else {
                store.bytes[end] = store.bytes[cursor]
                cursor += 1
            }
            end += 1
        }
        return component.lowerBound..<end
    }
}

/// Writes one list of a URI into its part of a buffer.
///
/// It holds a pointer for speed. Every write is checked against the part, and the part against the buffer.
struct ListWriter {
    private let buffer: UnsafeMutableBufferPointer<UInt8>
    private let limit: Int
    private(set) var end: Int

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>, from start: Int, limit: Int) {
        precondition(start >= 0 && limit >= 0 && start + limit <= buffer.count)
        self.buffer = buffer
        self.limit = start + limit
        self.end = start
    }

    @inline(__always)
    mutating func appendComma() {
        precondition(end < limit)
        buffer[end] = UInt8(ascii: ",")
        end += 1
    }

    @inline(__always)
    mutating func append(_ range: Range<Int>, of input: Span<UInt8>) {
        precondition(range.count <= limit - end)
        let part = input.extracting(range)
        for index in part.indices { buffer[end &+ index] = part[unchecked: index] }
        end += part.count
    }
}
