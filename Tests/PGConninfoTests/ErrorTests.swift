import PGConninfo
import Testing

@Suite(.timeLimit(.minutes(5))) struct ErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let input: String
        let code: ConninfoError.Code
        let byteOffset: Int
        var keyword: String?
        var dialect = Conninfo.Dialect.v15

        init(_ input: String, _ code: ConninfoError.Code, at offset: Int, keyword: String? = nil) {
            self.input = input
            self.code = code
            self.byteOffset = offset
            self.keyword = keyword
            self.dialect = code == .unexpectedSpaces ? .v18 : .v15
        }

        var testDescription: String { input }
    }

    static let cases = [
        Case("host=a SECRET", .missingEquals, at: 7),
        Case("password='SECRET", .unterminatedQuote, at: 9),
        Case("host=é s.SECRET=1", .unknownKeyword, at: 8),
        Case("postgresql://u:SECRET@[::1", .unclosedBracket, at: 22, keyword: "host"),
        Case("postgresql://u:SECRET@[]", .emptyBrackets, at: 22, keyword: "host"),
        Case("postgresql://u:SECRET@[::1]x", .unexpectedCharacter, at: 27, keyword: "host"),
        Case("postgresql://h?SECRET", .missingSeparator, at: 15),
        Case("postgresql://h?port=1&SECRET=a=b", .extraSeparator, at: 22),
        Case("postgresql://h?s.SECRET=a", .unknownKeyword, at: 15),
        Case("postgresql://u:SECRET%zz@h", .invalidPercentEncoding, at: 15, keyword: "password"),
        Case("postgresql://u:SECRET%00@h", .percentEncodedNUL, at: 15, keyword: "password"),
        Case("postgresql://u:SEC RET@h", .unexpectedSpaces, at: 15, keyword: "password"),
        Case("postgresql://a,b%zz", .invalidPercentEncoding, at: 13, keyword: "host"),
        Case("host=SECRET\0port=1", .nulByte, at: 11),
    ]

    @Test(arguments: cases)
    func saysWhatAndWhereWithoutTheInput(each: Case) throws {
        let error = try #require(throws: ConninfoError.self) {
            try Conninfo.parse(each.input, dialect: each.dialect)
        }
        #expect(error.code == each.code)
        #expect(error.byteOffset == each.byteOffset)
        #expect(error.keyword == each.keyword)
        var dumped = ""
        dump(error, to: &dumped)
        for text in [error.description, error.debugDescription, "\(error)", String(reflecting: error), dumped] {
            #expect(!text.contains("SEC") && !text.contains("RET"))
        }
        #expect(error.message.contains("byte \(each.byteOffset))"))
        #expect(error.message.hasSuffix(".") && error.message.first?.isUppercase == true)
        #expect(error.description == error.message)
        #expect(!error.isRetryable)
    }

    @Test(
        "A password that a URI does not escape is refused if there are extension keywords, and read as by libpq if not",
        arguments: [
            "postgresql://u:SECRET/x@h/db", "postgresql://u:123/SECRET@h/db", "postgresql://u:SEC@RET@h",
            "postgres://u:SEC@RET/x@h:5432/db?user=a", "postgresql://u:SEC@RET@h1,h2:2/db", "postgresql://SECRET/@",
            "postgresql://u:p@h/SECRET@RET",
        ]
    )
    func unescapedPassword(_ uri: String) throws {
        let error = try #require(throws: ConninfoError.self) { try Conninfo.parse(uri, extensions: ["x"]) }
        #expect(error.code == .unescapedAt)
        #expect(!error.message.contains("SEC") && !error.message.contains("RET") && error.message.contains("%2F"))
        _ = try Conninfo.parse(uri)
    }

    @Test("An @ in the user's part or in the query stands where it may")
    func escapedPassword() throws {
        for uri in [
            "postgresql://u:p?x@h/db?user=a@b", "postgresql://h?user=a@b", "postgresql://u%40x:a%2Fb%40@h/d%40",
        ] {
            _ = try Conninfo.parse(uri, extensions: ["x"])
        }
    }

    @Test func messageIsExact() throws {
        let error = try #require(throws: ConninfoError.self) { try Conninfo.parse("postgresql://u:pass%zz@h") }
        let message =
            "A \"%\" is not followed by two hexadecimal digits (keyword \"password\", byte 15). "
            + "Write a percent sign as %25."
        #expect(error.message == message)
        #expect(error.debugDescription == "ConninfoError(invalidPercentEncoding: \(message))")
        #expect(error.unsafeLibpqMessage == "invalid percent-encoded token: \"pass%zz\"\n")
    }

    @Test func messageKeepsBytesThatAreNotUTF8() throws {
        let input = bytes("postgresql://[a]") + [0xC3, 0xA9]
        let error = try #require(throws: ConninfoError.self) { try Conninfo.parse(input) }
        let expected =
            bytes("unexpected character \"") + [0xC3]
            + bytes("\" at position 17 in URI (expected \":\" or \"/\"): \"") + input + bytes("\"\n")
        #expect(error.unsafeLibpqMessageBytes == expected)
    }

    @Test func codesAreToldApartByName() {
        #expect(ConninfoError.Code.nulByte != .missingEquals)
        #expect(Set([ConninfoError.Code.nulByte, .nulByte]).count == 1)
        #expect("\(ConninfoError.Code.unknownKeyword)" == "unknownKeyword")
    }
}
