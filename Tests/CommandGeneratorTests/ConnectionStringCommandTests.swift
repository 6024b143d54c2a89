import AuthTokens
import Testing

@testable import CommandGenerator

@Suite("A command in a connection string", .timeLimit(.minutes(1)))
struct ConnectionStringCommandTests {
    private func token(_ command: String?, isAllowed: Bool = true) async throws -> AuthToken {
        let registry = AuthTokenGeneratorRegistry([.command()])
        if isAllowed { try registry.add(.command(isAllowed: true), replacing: true) }
        #expect(registry.names == ["command"])
        #expect(registry.keywords(of: "command") == ["aws_rds_iam_command"])
        var request = AuthTokenRequest(host: "db.example.com", user: "app")
        request.parameters["aws_rds_iam_command"] = command
        return try await registry.value(named: "command").token(for: request)
    }

    @Test("is refused until the program allows it, whatever it says", arguments: ["echo p", "", nil])
    func refused(command: String?) async throws {
        let error = await #expect(throws: CommandGeneratorError.self) { try await token(command, isAllowed: false) }
        #expect(error?.code == .notAllowed)
        #expect(error?.isRetryable == false)
        #expect(error?.message.contains(".command(isAllowed: true)") == true)
    }

    @Test("runs without a shell once it is allowed")
    func allowed() async throws {
        let token = try await token(#"printf '%s|' "a b" $HOME `id` ;x "#)
        #expect(token.value == "a b|$HOME|`id`|;x|")
        #expect(token.kind == .password)
        #expect(token.expiresAt == nil)
    }

    @Test("names a program", arguments: [nil, "", "  ", "\t"])
    func empty(command: String?) async throws {
        let error = await #expect(throws: CommandGeneratorError.self) { try await token(command) }
        #expect(error?.code == .invalidCommand)
        #expect(error?.message.contains("aws_rds_iam_command") == true)
    }

    struct Line: Sendable, CustomTestStringConvertible {
        let line: String
        let words: [String]
        var testDescription: String { line }
    }

    @Test(
        "is split as a shell splits words",
        arguments: [
            Line(line: "a  b\tc\nd ", words: ["a", "b", "c", "d"]),
            Line(line: #"'a b' "c d" e\ f"#, words: ["a b", "c d", "e f"]),
            Line(line: #"a'b'"c"d"#, words: ["abcd"]),
            Line(line: #"'' "" x"#, words: ["", "", "x"]),
            Line(line: #"'a"b' "c'd" "e\"f""#, words: [#"a"b"#, "c'd", #"e"f"#]),
            Line(line: #"'a\b'"#, words: [#"a\b"#]),
            Line(line: ##"a\b "a\d" "\$\`\"\\""##, words: ["ab", #"a\d"#, ##"$`"\"##]),
            Line(line: "e\u{301} \u{301}x", words: ["e\u{301}", "\u{301}x"]),
        ]
    )
    func words(_ test: Line) throws {
        let words = try ConnectionStringCommand.words(of: test.line)
        #expect(words.map { Array($0.utf8) } == test.words.map { Array($0.utf8) })
    }

    @Test("is refused if a quotation mark is not closed, and not quoted", arguments: ["a 'secret", "\"secret"])
    func unclosed(line: String) {
        let error = #expect(throws: CommandGeneratorError.self) { try ConnectionStringCommand.words(of: line) }
        #expect(error?.code == .invalidCommand)
        #expect(error?.message.contains("secret") == false)
    }
}
