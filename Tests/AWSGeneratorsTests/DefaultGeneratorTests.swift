import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Testing

@Suite("The generator default", .timeLimit(.minutes(1)))
struct DefaultGeneratorTests {
    private let generator = DefaultGenerator(credentials: TestWorld.source(), context: .bare())

    struct Case: Sendable, CustomTestStringConvertible {
        let host: String
        var parameters: [String: String] = [:]
        var user = "app"
        let start: String
        let scope: String
        var testDescription: String { "\(host) \(parameters)" }
    }

    private static let dsql = "abcdefghij0123456789klmnop.dsql.us-east-1.on.aws"
    private static let proxy = "p.proxy-abc123.eu-west-2.rds.amazonaws.com"

    static let cases = [
        Case(host: TestWorld.host, start: "\(TestWorld.host):5432/?Action=connect&", scope: "eu-west-2%2Frds-db"),
        Case(host: proxy, start: "\(proxy):5432/?Action=connect&", scope: "eu-west-2%2Frds-db"),
        Case(
            host: "db.example.com",
            parameters: ["aws_rds_iam_region": "eu-west-1"],
            start: "db.example.com:5432/?Action=connect&",
            scope: "eu-west-1%2Frds-db"
        ),
        Case(host: dsql, start: "\(dsql)/?Action=DbConnect&", scope: "us-east-1%2Fdsql"),
        Case(host: dsql, user: "admin", start: "\(dsql)/?Action=DbConnectAdmin&", scope: "us-east-1%2Fdsql"),
        Case(host: dsql.uppercased() + ".", start: "\(dsql)/?Action=DbConnect&", scope: "us-east-1%2Fdsql"),
        Case(
            host: "x.dsql-fnh4.eu-west-2.on.aws",
            start: "x.dsql-fnh4.eu-west-2.on.aws/?Action=DbConnect&",
            scope: "eu-west-2%2Fdsql"
        ),
        Case(
            host: "localhost",
            parameters: ["aws_rds_iam_host": dsql],
            start: "\(dsql)/?Action=DbConnect&",
            scope: "us-east-1%2Fdsql"
        ),
        Case(
            host: "x.dsql.us-east-1.on.aws.example.com",
            parameters: ["aws_rds_iam_region": "eu-west-1"],
            start: "x.dsql.us-east-1.on.aws.example.com:5432/?Action=connect&",
            scope: "eu-west-1%2Frds-db"
        ),
    ]

    @Test("signs what the name of the host asks for", arguments: cases)
    func hosts(_ test: Case) async throws {
        let request = TestWorld.request(host: test.host, user: test.user, test.parameters)
        let token = try await generator.token(for: request)
        #expect(token.value.hasPrefix(test.start))
        #expect(parameter("X-Amz-Credential", of: token) == "ASIATESTKEY%2F20260101%2F\(test.scope)%2Faws4_request")
        #expect(token.signingPort == (test.scope.hasSuffix("dsql") ? nil : 5432))
        #expect(token.signingHost.map { test.start.hasPrefix($0) } == true)
        #expect(token.kind == .signed)
        #expect(generator.isCurrent(token, for: request))
    }

    /// A request that a token of another one is held against.
    struct Other: Sendable {
        var host = "db.abc123.eu-west-2.rds.amazonaws.com"
        var parameters: [String: String] = [:]
        let isCurrent: Bool
    }

    static let others = [
        Other(isCurrent: true),
        Other(host: "DB.abc123.EU-west-2.rds.amazonaws.com.", isCurrent: true),
        Other(host: "db.abc123.eu-west-1.rds.amazonaws.com", isCurrent: false),
        Other(host: "db.example.com", isCurrent: false),
        Other(parameters: ["aws_rds_iam_region": "eu-west-2"], isCurrent: true),
        Other(parameters: ["aws_rds_iam_region": "eu-west-1"], isCurrent: false),
        Other(parameters: ["aws_rds_iam_host": "db.abc123.eu-west-1.rds.amazonaws.com"], isCurrent: false),
        Other(
            host: "localhost",
            parameters: ["aws_rds_iam_host": "db.abc123.eu-west-2.rds.amazonaws.com"],
            isCurrent: true
        ),
    ]

    @Test("takes a token for current only if the request asks for the token's region", arguments: others)
    func regionOfAnotherRequest(_ other: Other) async throws {
        let token = try await generator.token(for: TestWorld.request(host: Other(isCurrent: true).host))
        #expect(token.region == "eu-west-2" && token.regionOrigin == "host name")
        let request = TestWorld.request(host: other.host, other.parameters)
        #expect(generator.isCurrent(token, for: request) == other.isCurrent)
    }

    @Test(
        "refuses a host of Redshift before it signs, and names the generator for it",
        arguments: [
            ("demo.abc123.eu-west-2.redshift.amazonaws.com", "redshift"),
            ("DEMO.abc123.eu-west-2.redshift.amazonaws.com.", "redshift"),
            ("demo.abc123.cn-north-1.redshift.amazonaws.com.cn", "redshift"),
            ("demo-endpoint-1.abc123.eu-west-2.redshift.amazonaws.com", "redshift"),
            ("team.111122223333.eu-west-2.redshift-serverless.amazonaws.com", "redshift-serverless"),
        ]
    )
    func redshift(host: String, name: String) async throws {
        let counting = RecordingSource { TestWorld.credentials() }
        let generator = DefaultGenerator(region: "eu-west-2", credentials: counting, context: .bare())
        let error = try await #require(throws: AWSGeneratorError.self) {
            try await generator.token(for: TestWorld.request(host: host))
        }
        #expect(error.code == .otherService)
        #expect(error.message.contains("aws_rds_iam_auth_token_generator=\(name) in"))
        #expect(!error.isRetryable)
        #expect(counting.asked.isEmpty)
    }

    @Test("goes by its name among the others, each with its keywords")
    func registration() async throws {
        let registry = AuthTokenGeneratorRegistry(.aws)
        #expect(registry.names == ["default", "rds", "dsql", "redshift", "redshift-serverless", "secrets-manager"])
        #expect(try await registry.value(named: "default") is DefaultGenerator)
        #expect(try await registry.value(named: "rds") is RDSGenerator)
        #expect(try await registry.value(named: "dsql") is DSQLGenerator)
        #expect(try await registry.value(named: "redshift") is RedshiftGenerator)
        #expect(try await registry.value(named: "redshift-serverless") is RedshiftGenerator)
        #expect(try await registry.value(named: "secrets-manager") is SecretsManagerGenerator)
        for name in registry.names.dropLast() { #expect(registry.keywords(of: name) == AWSKeyword.common) }
        #expect(registry.keywords == AWSKeyword.common + ["aws_rds_iam_secret_id"])
    }
}
