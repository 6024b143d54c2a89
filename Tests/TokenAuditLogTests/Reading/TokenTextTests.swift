import Testing

@testable import TokenAuditLog

@Suite("Finding tokens in a text", .timeLimit(.minutes(1)))
struct TokenTextTests {
    private static let signature = String(repeating: "0a", count: 32)
    private static let token =
        "db.example.com:5432/?Action=connect&DBUser=j%20d&X-Amz-Algorithm=AWS4-HMAC-SHA256"
        + "&X-Amz-Credential=AKIDEXAMPLE%2F20261128%2Feu-west-2%2Frds-db%2Faws4_request&X-Amz-Signature=" + signature
    private static let dsql =
        "abc.dsql.us-east-1.on.aws/?Action=DbConnect&X-Amz-Security-Token=a%2Bb%3D%3D&X-Amz-Signature=" + signature

    private static var encoded: String {
        token.utf8.reduce(into: "") { text, byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || "-._~".unicodeScalars.contains(scalar)
            text += isPlain ? String(scalar) : "%" + String(byte, radix: 16, uppercase: true)
        }
    }

    private static func folded(_ text: String, every width: Int, _ end: String) -> String {
        stride(from: 0, to: text.count, by: width).map { start in
            String(text.dropFirst(start).prefix(width))
        }.joined(separator: end)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String

        init(_ name: String, _ text: String) { (testDescription, self.text) = (name, text) }
    }

    static let cases = [
        Case("alone", token), Case("with white space around it", " \t\(token)\r\n\n"),
        Case("in a line of a log", "12:00 DEBUG Generated token = ''\(token)'' for user j d"),
        Case("after an equals sign", "PGPASSWORD=\(token) psql"), Case("after a colon", "password:\(token),"),
        Case("followed by more text", "\(token)&x=1 and \(token)/more"), Case("in parentheses", "(\(token))."),
        Case("as a URL", "https://\(token)"), Case("in a database URL", "postgresql://jd:\(encoded)@db.example.com/x"),
        Case("percent-encoded", encoded),
        Case("in JSON", #"{"password":"\#(token.replacing("/", with: #"\/"#))"}"#),
        Case(
            "in JSON with escapes",
            #"{"p":"\#(token.replacing("&", with: #"\u0026"#).replacing("=", with: #"\u003D"#))"}"#
        ),
        Case("folded", folded(token, every: 60, "\n")),
        Case("folded and indented", folded(token, every: 37, "\r\n    ")),
        Case("folded by backslashes", "password:\n" + folded(token, every: 50, "\\\n")),
        Case("folded after a word", "token\n" + folded(token, every: 33, "\n") + "\nnext line"),
        Case("folded within JSON", #"{"a":"\#(folded(token, every: 40, #"\n"#))"}"#),
        Case("percent-encoded and folded", "url = x:" + folded(encoded, every: 45, "\n")),
        Case("after another", "\(dsql) \(token)"),
    ]

    @Test("a token is found in other text", arguments: cases)
    func found(text: Case) {
        let candidates = TokenText.candidates(in: text.text)
        #expect(candidates.contains(Self.token), "\(candidates)")
    }

    @Test("a token without a port, and each of several tokens, are found")
    func several() {
        let found = TokenText.candidates(in: "a \(Self.dsql), b \(Self.token).")
        #expect(found.contains(Self.dsql) && found.contains(Self.token))
        #expect(TokenText.candidates(in: "x=\(Self.dsql)").contains(Self.dsql))
    }

    @Test("text without a token has one candidate, itself, and a large one does not take long")
    func none() {
        #expect(TokenText.candidates(in: " secret ") == ["secret"])
        #expect(TokenText.candidates(in: "").isEmpty && TokenText.candidates(in: "/?").count == 1)
        let marks = String(repeating: "a/?X-Amz-Signature=", count: 50_000)
        #expect(TokenText.candidates(in: marks).count == 1)
        let tokens = String(repeating: Self.token + "\n", count: 3000)
        #expect(TokenText.candidates(in: tokens).count <= TokenText.most)
    }
}
