import AWSSigV4
import CLibcrypto
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RequestRefusalTests {
    struct Input: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let request: SigV4Request
        var code = SigV4Error.Code.invalidRequest
    }

    static let inputs = [
        Input(testDescription: "no method", request: SigV4Request(method: "", host: "h")),
        Input(testDescription: "a lowercase method", request: SigV4Request(method: "get", host: "h")),
        Input(testDescription: "a method with a line end", request: SigV4Request(method: "GET\n", host: "h")),
        Input(testDescription: "a relative path", request: SigV4Request(host: "h", path: "a")),
        Input(testDescription: "a path with a line end", request: SigV4Request(host: "h", path: "/a\nb")),
        Input(testDescription: "a path with NUL", request: SigV4Request(host: "h", path: "/\0")),
        Input(testDescription: "no host", request: SigV4Request(host: ""), code: .invalidHost),
        Input(testDescription: "a host with a line end", request: SigV4Request(host: "h\r\n"), code: .invalidHost),
        Input(testDescription: "no header name", request: header("", "v")),
        Input(testDescription: "a header name with a colon", request: header("X:Y", "v")),
        Input(testDescription: "a header name with a space", request: header("X Y", "v")),
        Input(testDescription: "a header name outside ASCII", request: header("Ключ", "v")),
        Input(testDescription: "a header value with a line end", request: header("X", "v\nAuthorization: y")),
        Input(testDescription: "a header value that ends in a line end", request: header("X", "v\r\n")),
        Input(testDescription: "a header value with a carriage return", request: header("X", "v\r w")),
        Input(testDescription: "a header value with NUL", request: header("X", "v\0")),
        Input(testDescription: "a header value with DEL", request: header("X", "v\u{7F}")),
    ]

    private static func header(_ name: String, _ value: String) -> SigV4Request {
        SigV4Request(host: "h", headers: [SigV4Field(name, value)])
    }

    @Test(arguments: inputs)
    func whatNoRequestMayHoldIsRefusedInBothForms(_ input: Input) throws {
        let scope = try CredentialScope(region: "r", service: "s", at: 0)
        let credentials = try SigningCredentials(accessKeyID: "akid", secretAccessKey: "secret")
        let inHeaders = try #require(throws: SigV4Error.self) {
            try SigV4Signer().headers(signing: input.request, scope: scope, credentials: credentials)
        }
        let inQuery = try #require(throws: SigV4Error.self) {
            try SigV4Signer().query(presigning: input.request, scope: scope, credentials: credentials, expires: 1)
        }
        #expect([inHeaders.code, inQuery.code] == [input.code, input.code])
    }

    @Test(arguments: [0, -1, 604_801, .max])
    func anExpiryThatAWSRefusesIsRefused(_ expires: Int) throws {
        let scope = try CredentialScope(region: "r", service: "s", at: 0)
        let credentials = try SigningCredentials(accessKeyID: "akid", secretAccessKey: "secret")
        let error = try #require(throws: SigV4Error.self) {
            try SigV4Signer().query(
                presigning: SigV4Request(host: "h"),
                scope: scope,
                credentials: credentials,
                expires: expires
            )
        }
        #expect(error.code == .invalidExpiry)
    }

    @Test(arguments: [
        "", "e3b0", String(repeating: "g", count: 64), String(repeating: "A", count: 64),
        String(repeating: "0", count: 65),
    ])
    func aPayloadHashThatIsNoneIsRefused(_ text: String) throws {
        let error = try #require(throws: SigV4Error.self) { try PayloadHash.precomputed(text) }
        #expect(error.code == .invalidRequest)
    }

    @Test(arguments: ["", "a/b", "a b", "a\n", "é"])
    func aServiceThatIsNoneIsRefused(_ service: String) throws {
        let error = try #require(throws: SigV4Error.self) { try CredentialScope(region: "r", service: service, at: 0) }
        #expect(error.code == .invalidScope)
    }
}
