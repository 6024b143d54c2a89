import AuthTokens
import Testing

@testable import AWSGenerators

@Suite(.timeLimit(.minutes(1)))
struct SigningEndpointTests {
    @Test func aRequestIsSignedForWhatItDials() throws {
        let endpoint = try SigningEndpoint(of: TestWorld.request(host: "DB.Example.com.", port: 6432))
        #expect(endpoint.host == "db.example.com")
        #expect(endpoint.port == 6432)
        #expect(!endpoint.isOverridden)
    }

    @Test func hostAndPortAreOverriddenForTunnels() throws {
        let request = TestWorld.request(
            host: "localhost",
            port: 15432,
            ["aws_rds_iam_host": TestWorld.host.uppercased(), "aws_rds_iam_port": "5432"]
        )
        let endpoint = try SigningEndpoint(of: request)
        #expect(endpoint.host == TestWorld.host)
        #expect(endpoint.port == 5432)
        #expect(endpoint.isOverridden)
    }

    @Test func onePartMayBeOverriddenAlone() throws {
        let host = try SigningEndpoint(of: TestWorld.request(port: 7777, ["aws_rds_iam_host": "a.example.com"]))
        #expect((host.host, host.port) == ("a.example.com", 7777))
        let port = try SigningEndpoint(of: TestWorld.request(port: 7777, ["aws_rds_iam_port": "1"]))
        #expect((port.host, port.port) == (TestWorld.host, 1))
        #expect(!port.isOverridden)
    }

    @Test func anEmptyOverrideIsNone() throws {
        let request = TestWorld.request(["aws_rds_iam_host": "", "aws_rds_iam_port": ""])
        #expect(try SigningEndpoint(of: request) == SigningEndpoint(of: TestWorld.request()))
    }

    static let unsignable = [
        "localhost", "LOCALHOST", "localhost.", "db.localhost", "localhost.localdomain", "ip6-localhost", "127.0.0.1",
        "127.1", "0x7f000001", "2130706433", "10.0.0.1", "10.0.0.1.", "99999999999999999999", "0x", "a.0xFF",
        "169.254.169.254", "::1", "[::1]", "fe80::1%eth0",
        "2001:db8::1", "/var/run/postgresql", "@abstract", "", ".",
    ]

    @Test(arguments: unsignable)
    func anAddressIsRefusedAndTheOverrideNamed(_ host: String) {
        let error = #expect(throws: AWSGeneratorError.self) {
            try SigningEndpoint(of: TestWorld.request(host: host))
        }
        #expect(error?.code == .unsignableHost)
        #expect(error?.description.contains("Set aws_rds_iam_host in the connection string") == true)
        #expect(error?.auditCode == "AWSGeneratorError.unsignableHost")
    }

    @Test(arguments: unsignable.filter { !$0.isEmpty })
    func anAddressIsNoOverrideEither(_ host: String) {
        let error = #expect(throws: AWSGeneratorError.self) {
            try SigningEndpoint(of: TestWorld.request(["aws_rds_iam_host": host]))
        }
        #expect(error?.code == .unsignableHost)
    }

    @Test(arguments: ["0", "65536", "-1", "+5432", "5432 ", "0x10", "५", "99999999999999999999"])
    func aPortThatIsNoneIsRefused(_ port: String) {
        let error = #expect(throws: AWSGeneratorError.self) {
            try SigningEndpoint(of: TestWorld.request(["aws_rds_iam_port": port]))
        }
        #expect(error?.code == .invalidPort)
        #expect(
            error?.description
                == "The connection string's aws_rds_iam_port is invalid. Set it to a number from 1 to 65535."
        )
    }

    @Test(arguments: [
        ("DB.example.com:5432", "db.example.com", "5432"), ("db:0", "db", "0"), ("db.:99999", "db.", "99999"),
    ])
    func aHostWithAPortIsRefusedAndBothKeywordsAreNamed(text: String, host: String, port: String) {
        let error = #expect(throws: AWSGeneratorError.self) {
            try SigningEndpoint(of: TestWorld.request(["aws_rds_iam_host": text]))
        }
        #expect(error?.code == .unsignableHost)
        #expect(
            error?.message == "The connection string's aws_rds_iam_host holds a port. Set aws_rds_iam_host=\(host) and "
                + "aws_rds_iam_port=\(port)."
        )
    }

    static let obstacles = [
        ("db.example.com:5432", "a name or an address with a port"),
        ("db.example.com:", "a name or an address with a port"),
        ("a.b:x", "a name or an address with a port"), ("host:5432:1", "a name or an address with a port"),
        ("abc:5432", "a name or an address with a port"),
        ("10.0.0.1:5432", "a name or an address with a port"), ("10.0.0.1", "an IP address"),
        ("[::1]:5432", "an IP address"),
        ("::1", "an IP address"), ("fe80::1%eth0", "an IP address"), ("::ffff:10.0.0.1", "an IP address"),
        ("2001:DB8::1.", "an IP address"),
    ]

    @Test(arguments: obstacles)
    func aColonAloneMakesNoAddress(host: String, obstacle: String) {
        let error = #expect(throws: AWSGeneratorError.self) {
            try SigningEndpoint(of: TestWorld.request(host: host))
        }
        #expect(error?.code == .unsignableHost)
        #expect(error?.message.contains("and the host is \(obstacle)") == true)
    }

    @Test func aNameThatRDSDidNotGiveIsSignedAndSaysSo() async throws {
        let request = TestWorld.request(host: "db.internal.example.com", ["aws_rds_iam_region": "eu-west-2"])
        #expect(try SigningEndpoint(of: request).rdsHostName == nil)
        #expect(try SigningEndpoint(of: TestWorld.request()).rdsHostName?.kind == .instance)
        let token = try await TestWorld.generator().token(for: request)
        #expect(token.value.hasPrefix("db.internal.example.com:5432/?Action=connect&DBUser=app&"))
    }
}
