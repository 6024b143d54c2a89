// One factory for each message of libpq's parser. They copy what they quote, as they are not on the path of success.
extension ConninfoError {
    static func nulByte(in input: Span<UInt8>) -> ConninfoError {
        ConninfoError(.nulByte, at: input.firstIndex(from: 0) { $0 == 0 })
    }

    static func missingEquals(after name: [UInt8], at offset: Int) -> ConninfoError {
        let message = LibpqMessage.quoting(name, "missing \"=\" after ", " in connection info string")
        return ConninfoError(.missingEquals, at: offset, libpqMessage: message)
    }

    static func unterminatedQuote(at offset: Int) -> ConninfoError {
        let message = LibpqMessage.plain("unterminated quoted string in connection info string")
        return ConninfoError(.unterminatedQuote, at: offset, libpqMessage: message)
    }

    static func unknownKeyword(_ unknown: UnknownKeyword, at offset: Int?, quoting name: [UInt8]) -> ConninfoError {
        let message = LibpqMessage.quoting(name, "invalid connection option ")
        return ConninfoError(.unknownKeyword, at: offset, detail: .keyword(unknown), libpqMessage: message)
    }

    static func unknownParameter(_ unknown: UnknownKeyword, at offset: Int, quoting name: [UInt8]) -> ConninfoError {
        let message = LibpqMessage.quoting(name, "invalid URI query parameter: ")
        return ConninfoError(.unknownKeyword, at: offset, detail: .keyword(unknown), libpqMessage: message)
    }

    /// The error of the keyword/value parser, explained: libpq sees no URI in the input.
    static func unknownScheme(_ scheme: ForeignScheme, insteadOf error: ConninfoError) -> ConninfoError {
        ConninfoError(
            .unknownScheme,
            at: error.byteOffset,
            detail: .scheme(scheme),
            libpqMessage: error.libpqMessage
        )
    }

    static func unclosedBracket(in uri: Span<UInt8>, at offset: Int) -> ConninfoError {
        let text = "end of string reached when looking for matching \"]\" in IPv6 host address in URI: "
        return ConninfoError(
            .unclosedBracket,
            at: offset,
            keyword: "host",
            libpqMessage: LibpqMessage.quoting(uri.copy(), text)
        )
    }

    static func emptyBrackets(in uri: Span<UInt8>, at offset: Int) -> ConninfoError {
        let text = "IPv6 host address may not be empty in URI: "
        return ConninfoError(
            .emptyBrackets,
            at: offset,
            keyword: "host",
            libpqMessage: LibpqMessage.quoting(uri.copy(), text)
        )
    }

    static func unexpectedByte(in uri: Span<UInt8>, at offset: Int) -> ConninfoError {
        var message = LibpqMessage()
        message.text("unexpected character \"")
        message.quote(CollectionOfOne(uri[offset]))
        message.text("\" at position \(offset + 1) in URI (expected \":\" or \"/\"): \"")
        message.quote(uri.copy())
        message.text("\"\n")
        return ConninfoError(.unexpectedCharacter, at: offset, keyword: "host", libpqMessage: message.bytes)
    }

    static func missingSeparator(_ pair: [UInt8], at offset: Int) -> ConninfoError {
        let message = LibpqMessage.quoting(pair, "missing key/value separator \"=\" in URI query parameter: ")
        return ConninfoError(.missingSeparator, at: offset, libpqMessage: message)
    }

    static func extraSeparator(_ name: [UInt8], at offset: Int) -> ConninfoError {
        let message = LibpqMessage.quoting(name, "extra key/value separator \"=\" in URI query parameter: ")
        return ConninfoError(.extraSeparator, at: offset, libpqMessage: message)
    }

    static func invalidPercentEncoding(_ raw: ArraySlice<UInt8>, at offset: Int, _ code: KeywordCode?) -> Self {
        let message = LibpqMessage.quoting(raw, "invalid percent-encoded token: ")
        return Self(.invalidPercentEncoding, at: offset, keyword: code.map(\.name), libpqMessage: message)
    }

    static func percentEncodedNUL(_ raw: ArraySlice<UInt8>, at offset: Int, _ code: KeywordCode?) -> Self {
        let message = LibpqMessage.quoting(raw, "forbidden value %00 in percent-encoded value: ")
        return Self(.percentEncodedNUL, at: offset, keyword: code.map(\.name), libpqMessage: message)
    }

    static func unexpectedSpaces(_ raw: ArraySlice<UInt8>, at offset: Int, _ code: KeywordCode?) -> Self {
        let message = LibpqMessage.quoting(
            raw,
            "unexpected spaces found in ",
            ", use percent-encoded spaces (%20) instead"
        )
        return Self(.unexpectedSpaces, at: offset, keyword: code.map(\.name), libpqMessage: message)
    }
}

extension KeywordCode {
    var name: String { KeywordDefinition.of(self).name.description }
}

/// Builds libpq's messages as bytes, because the input they quote need not be UTF-8.
struct LibpqMessage {
    private(set) var bytes: [UInt8] = []

    mutating func text(_ literal: StaticString) {
        literal.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func text(_ string: String) {
        bytes.append(contentsOf: string.utf8)
    }

    mutating func quote(_ raw: some Sequence<UInt8>) {
        bytes.append(contentsOf: raw)
    }

    /// `before "quoted" after`, with libpq's closing line feed.
    static func quoting(_ quoted: some Sequence<UInt8>, _ before: String, _ after: String = "") -> [UInt8] {
        var message = LibpqMessage()
        message.text(before)
        message.text("\"")
        message.quote(quoted)
        message.text("\"")
        message.text(after)
        message.text("\n")
        return message.bytes
    }

    static func plain(_ text: String) -> [UInt8] {
        Array(text.utf8) + [0x0A]
    }
}
