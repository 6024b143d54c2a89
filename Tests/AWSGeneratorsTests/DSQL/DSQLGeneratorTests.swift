import AWSCredentialSources
import AWSGenerators
import AWSSigV4
import AuthTokens
import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct DSQLGeneratorTests {
    static let now = Date(timeIntervalSince1970: 1_724_716_800)

    static func generator(
        region: String? = nil,
        lifetime: Duration = .seconds(900),
        expiration: Date? = nil,
        environment: [String: String] = [:]
    ) -> DSQLGenerator {
        var context = CredentialContext.system
        context.environment = environment
        context.homeDirectory = nil
        context.now = { now }
        return DSQLGenerator(
            region: region,
            lifetime: lifetime,
            credentials: .static(
                AWSCredentials(accessKeyID: "akid", secretAccessKey: "secret", expiration: expiration)
            ),
            context: context
        )
    }

    /// Two tokens that smithy-rs publishes in its tests.
    @Test(arguments: [
        ("admin", "DbConnectAdmin", "267cf8d04d84444f7a62d5bdb40c44bfc6cb13dd6c64fa7f772df6bbaa90fff1"),
        ("peccy", "DbConnect", "f5f2ad764ca5df44045d4ab6ccecba0eef941b0007e5765885a0b6ed3702a3f8"),
    ])
    func theRoleAdminGetsATokenOfItsOwn(user: String, action: String, signature: String) async throws {
        let request = AuthTokenRequest(host: "peccy.dsql.us-east-1.on.aws", user: user)
        let token = try await Self.generator(lifetime: .seconds(450)).token(for: request)
        #expect(token.value.hasPrefix("peccy.dsql.us-east-1.on.aws/?Action=\(action)&X-Amz-Algorithm="))
        #expect(token.value.hasSuffix("&X-Amz-Expires=450&X-Amz-SignedHeaders=host&X-Amz-Signature=\(signature)"))
        #expect(token.expiresAt == Self.now + 450)
        #expect(token.region == "us-east-1")
    }

    @Test func neitherPortNorUserIsPartOfTheToken() async throws {
        let host = "peccy.dsql.us-east-1.on.aws"
        let one = try await Self.generator().token(for: AuthTokenRequest(host: host, port: 5432, user: "a"))
        let other = try await Self.generator().token(for: AuthTokenRequest(host: host, port: 6432, user: "b"))
        #expect(one.value == other.value)
        #expect(!one.value.contains("DBUser"))
    }

    @Test func aBareIdentifierIsSignedAsTheEndpoint() async throws {
        let cluster = "abcdefghij0123456789klmnop"
        let bare = AuthTokenRequest(host: cluster, user: "a")
        let whole = AuthTokenRequest(host: "\(cluster).dsql.eu-west-2.on.aws", user: "a")
        let generator = Self.generator(environment: ["AWS_REGION": "eu-west-2"])
        #expect(try await generator.token(for: bare).value == generator.token(for: whole).value)
    }

    @Test func theRegionComesFromTheFirstWhoKnows() async throws {
        let host = "peccy.dsql.us-east-1.on.aws"
        let plain = AuthTokenRequest(host: host, user: "a")
        let named = AuthTokenRequest(host: host, user: "a", parameters: ["aws_rds_iam_region": "eu-west-2"])
        #expect(try await Self.generator().signingRegion(for: plain).origin == .hostName)
        #expect(try await Self.generator(region: "eu-west-1").signingRegion(for: plain).name == "eu-west-1")
        #expect(try await Self.generator(region: "eu-west-1").signingRegion(for: named).name == "eu-west-2")
        let error = await #expect(throws: AWSGeneratorError.self) {
            try await Self.generator().signingRegion(for: AuthTokenRequest(host: "db.example.com", user: "a"))
        }
        #expect(error?.code == .noRegion)
    }

    @Test(arguments: [1, 900, 604_800])
    func theLifetimeIsTheGenerators(lifetime: Int) async throws {
        let request = AuthTokenRequest(host: "peccy.dsql.us-east-1.on.aws", user: "a")
        let token = try await Self.generator(lifetime: .seconds(lifetime)).token(for: request)
        #expect(token.expiresAt == Self.now + TimeInterval(lifetime))
        #expect(token.value.contains("&X-Amz-Expires=\(lifetime)&"))
    }

    @Test(
        arguments: [
            .zero, .seconds(-1), .seconds(604_801), .seconds(Int64.max), .seconds(Int64.min), .seconds(Int64.max) * 9,
            .seconds(Int64.min) * 9,
        ] as [Duration]
    )
    func aLifetimeThatAWSRefusesIsRefused(lifetime: Duration) async throws {
        let request = AuthTokenRequest(host: "peccy.dsql.us-east-1.on.aws", user: "a")
        let error = await #expect(throws: SigV4Error.self) {
            try await Self.generator(lifetime: lifetime).token(for: request)
        }
        #expect(error?.code == .invalidExpiry)
    }

    @Test func theTokenLivesNoLongerThanItsCredentials() async throws {
        let request = AuthTokenRequest(host: "peccy.dsql.us-east-1.on.aws", user: "a")
        let token = try await Self.generator(lifetime: .seconds(604_800), expiration: Self.now + 3_600).token(
            for: request
        )
        #expect(token.expiresAt == Self.now + 3_600)
        #expect(token.value.contains("&X-Amz-Expires=3600&"))
    }

    @Test func aLoopbackHostNeedsAnOverride() async throws {
        let error = await #expect(throws: AWSGeneratorError.self) {
            try await Self.generator().token(for: AuthTokenRequest(host: "localhost", user: "a"))
        }
        #expect(error?.code == .unsignableHost)
        let override = ["aws_rds_iam_host": "peccy.dsql.us-east-1.on.aws"]
        let token = try await Self.generator().token(
            for: AuthTokenRequest(host: "localhost", user: "a", parameters: override)
        )
        #expect(token.value.hasPrefix("peccy.dsql.us-east-1.on.aws/?"))
    }

    @Test func aConnectionStringChoosesWhoseCredentialsSign() async throws {
        var context = CredentialContext.system
        context.environment = ["AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "secret"]
        let generator = DSQLGenerator(
            credentials: .static(AWSCredentials(accessKeyID: "akid", secretAccessKey: "secret")),
            sources: AWSCredentialSourceRegistry(context: context)
        )
        let host = "peccy.dsql.us-east-1.on.aws"
        for (name, key) in ["": "akid", "environment": "AKIAENV"] {
            let parameters = ["aws_rds_iam_credentials": name]
            let request = AuthTokenRequest(host: host, user: "a", parameters: parameters)
            #expect(try await generator.token(for: request).credential?.accessKeyID == key)
        }
        let unknown = AuthTokenRequest(host: host, user: "a", parameters: ["aws_rds_iam_credentials": "enviroment"])
        let error = await #expect(throws: NamedRegistryError.self) { try await generator.token(for: unknown) }
        #expect(error?.nearest == "environment")
    }
}
