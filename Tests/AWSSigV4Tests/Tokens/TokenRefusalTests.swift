import AWSSigV4
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TokenRefusalTests {
    struct Input: Sendable, CustomTestStringConvertible {
        var host = "db.example.com"
        var port = 5432
        var user = "app"
        var region = "eu-west-2"
        var time: Int64 = 1_767_225_600
        var expires = 900
        let code: SigV4Error.Code
        var testDescription: String {
            "\(code): \([host, user, region].map(\.debugDescription)) \(port) \(time) \(expires)"
        }

        func rdsToken() throws -> String {
            try SigV4Signer().rdsToken(
                host: host,
                port: port,
                user: user,
                region: region,
                credentials: SigningCredentials(accessKeyID: "akid", secretAccessKey: "secret"),
                at: time,
                expires: expires
            )
        }

        func dsqlToken() throws -> String {
            try SigV4Signer().dsqlToken(
                host: host,
                isAdmin: false,
                region: region,
                credentials: SigningCredentials(accessKeyID: "akid", secretAccessKey: "secret"),
                at: time,
                expires: expires
            )
        }
    }

    static let hosts = [
        "", "\0", "db\0.example.com", "db\n.example.com", "db\r\nX-Evil: 1", "db\u{7F}", "db\t", " db", "db ", "a b",
        "db/../x", "db?x=1", "db#x", "user@db", "db%2e", "db\\x", "bücher.example", "db\u{85}", "db\u{200B}", "<db>",
        "a,b",
    ].map { Input(host: $0, code: .invalidHost) }

    static let users = ["", "\0", "a\0", "a\nb", "\u{1B}[31m", "a\u{7F}", "\u{80}", "x\u{9F}"].map {
        Input(user: $0, code: .invalidUser)
    }

    static let rest =
        [0, -1, 65_536, .max, .min].map { Input(port: $0, code: .invalidPort) }
        + ["", "eu/west", "eu-west-2/rds-db", "eu west", "eu-west-2\n", "eu.west", "é", "eu-west-2%"].map {
            Input(region: $0, code: .invalidScope)
        }
        + [-1, .min, .max].map { Input(time: $0, code: .invalidTime) }
        + [0, -1, .max, .min].map { Input(expires: $0, code: .invalidExpiry) }

    @Test(arguments: hosts + users + rest + [Input(expires: 901, code: .invalidExpiry)])
    func whatRDSCouldNotTakeIsRefused(_ input: Input) throws {
        let error = try #require(throws: SigV4Error.self) { try input.rdsToken() }
        #expect(error.code == input.code)
        #expect(!error.isRetryable)
        #expect(error.message.first?.isUppercase == true && error.message.last == ".")
        #expect(error.description == error.message)
    }

    @Test(arguments: hosts + rest.filter { $0.code != .invalidPort } + [Input(expires: 604_801, code: .invalidExpiry)])
    func whatDSQLCouldNotTakeIsRefused(_ input: Input) throws {
        let error = try #require(throws: SigV4Error.self) { try input.dsqlToken() }
        #expect(error.code == input.code)
    }

    @Test func theEdgesOfWhatIsAllowedAreSigned() throws {
        for port in [1, 65_535] { #expect(try Input(port: port, code: .invalidPort).rdsToken().contains(":\(port)/?")) }
        for expires in [1, 900] {
            #expect(try Input(expires: expires, code: .invalidExpiry).rdsToken().contains("&X-Amz-Expires=\(expires)&"))
        }
        #expect(try Input(expires: 604_800, code: .invalidExpiry).dsqlToken().contains("&X-Amz-Expires=604800&"))
        #expect(try Input(host: "[::1]", code: .invalidHost).rdsToken().hasPrefix("[::1]:5432/?"))
        #expect(try Input(host: "a", code: .invalidHost).dsqlToken().hasPrefix("a/?"))
    }

    @Test func giantInputIsSignedLikeAnyOther() throws {
        let user = String(repeating: "ü", count: 200_000)
        let token = try Input(host: String(repeating: "a", count: 100_000), user: user, code: .invalidUser).rdsToken()
        #expect(token.contains("&DBUser=\(String(repeating: "%C3%BC", count: 200_000))&X-Amz-Algorithm="))

        let credentials = try SigningCredentials(
            accessKeyID: String(repeating: "K", count: 10_000),
            secretAccessKey: String(repeating: "s", count: 100_000),
            sessionToken: String(repeating: "+", count: 300_000)
        )
        let signed = try SigV4Signer().rdsToken(
            host: "db",
            port: 1,
            user: "u",
            region: String(repeating: "r", count: 1_000),
            credentials: credentials,
            at: 0
        )
        #expect(signed.utf8.count > 900_000 + 11_000)
        #expect(
            signed.contains("&X-Amz-Security-Token=\(String(repeating: "%2B", count: 300_000))&X-Amz-SignedHeaders=")
        )
    }
}
