// One factory for each message of libpq's parser. They copy what they quote: no working parse comes here.
extension ConninfoError {
    static func nulByte(in input: Span<UInt8>) -> ConninfoError {
        ConninfoError(.nulByte, at: input.firstIndex(from: 0) { $0 == 0 })
    }

    static func missingEquals(after name: [UInt8], at offset: Int) -> ConninfoError {
        let message = LibpqMessage.quoting(name, "missing \"=\" after ", " in connection info string")
        return ConninfoError(.missingEquals, at: offset, message: message)
    }

    static func unterminatedQuote(at offset: Int) -> ConninfoError {
        let message = LibpqMessage.plain("unterminated quoted string in connection info string")
        return ConninfoError(.unterminatedQuote, at: offset, message: message)
    }

    static func unknownKeyword(_ name: [UInt8], at offset: Int?) -> ConninfoError {
        ConninfoError(
            .unknownKeyword,
            at: offset,
            message: LibpqMessage.quoting(name, "invalid connection option ")
        )
    }

    static func unclosedBracket(in uri: Span<UInt8>, at offset: Int) -> ConninfoError {
        let text = "end of string reached when looking for matching \"]\" in IPv6 host address in URI: "
        return ConninfoError(
            .unclosedBracket,
            at: offset,
            keyword: "host",
            message: LibpqMessage.quoting(uri.copy(), text)
        )
    }

    static func emptyBrackets(in uri: Span<UInt8>, at offset: Int) -> ConninfoError {
        let text = "IPv6 host address may not be empty in URI: "
        return ConninfoError(
            .emptyBrackets,
            at: offset,
            keyword: "host",
            message: LibpqMessage.quoting(uri.copy(), text)
        )
    }

    static func unexpectedByte(in uri: Span<UInt8>, at offset: Int) -> ConninfoError {
        var message = LibpqMessage()
        message.text("unexpected character \"")
        message.quote(CollectionOfOne(uri[offset]))
        message.text("\" at position \(offset + 1) in URI (expected \":\" or \"/\"): \"")
        message.quote(uri.copy())
        message.text("\"\n")
        return ConninfoError(.unexpectedCharacter, at: offset, keyword: "host", message: message.bytes)
    }

    static func missingSeparator(_ pair: [UInt8], at offset: Int) -> ConninfoError {
        let message = LibpqMessage.quoting(pair, "missing key/value separator \"=\" in URI query parameter: ")
        return ConninfoError(.missingSeparator, at: offset, message: message)
    }

    static func extraSeparator(_ name: [UInt8], at offset: Int) -> ConninfoError {
        let message = LibpqMessage.quoting(name, "extra key/value separator \"=\" in URI query parameter: ")
        return ConninfoError(.extraSeparator, at: offset, message: message)
    }

    static func unknownParameter(_ name: [UInt8], at offset: Int) -> ConninfoError {
        let message = LibpqMessage.quoting(name, "invalid URI query parameter: ")
        return ConninfoError(.unknownKeyword, at: offset, message: message)
    }

    static func invalidPercentEncoding(_ raw: ArraySlice<UInt8>, at offset: Int, _ code: KeywordCode?) -> Self {
        let message = LibpqMessage.quoting(raw, "invalid percent-encoded token: ")
        return Self(.invalidPercentEncoding, at: offset, keyword: code.map(\.name), message: message)
    }

    static func percentEncodedNUL(_ raw: ArraySlice<UInt8>, at offset: Int, _ code: KeywordCode?) -> Self {
        let message = LibpqMessage.quoting(raw, "forbidden value %00 in percent-encoded value: ")
        return Self(.percentEncodedNUL, at: offset, keyword: code.map(\.name), message: message)
    }

    static func unexpectedSpaces(_ raw: ArraySlice<UInt8>, at offset: Int, _ code: KeywordCode?) -> Self {
        let message = LibpqMessage.quoting(
            raw,
            "unexpected spaces found in ",
            ", use percent-encoded spaces (%20) instead"
        )
        return Self(.unexpectedSpaces, at: offset, keyword: code.map(\.name), message: message)
    }
}

extension KeywordCode {
    var name: String { KeywordDefinition.of(self).name.description }
}
