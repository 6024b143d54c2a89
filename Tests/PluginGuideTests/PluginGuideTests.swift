import AWSCredentialSources
import AWSGenerators
import AuthTokens
import AuthTokensTesting
import Foundation
import TestSupport
import Testing

@Suite("The guide to plugins", .timeLimit(.minutes(1)))
struct PluginGuideTests {
    private static let guide = "Sources/AuthTokens/AuthTokens.docc/WriteAGenerator.md"
    private static let kit = "Sources/AuthTokensTesting/AuthTokensTesting.docc/AuthTokensTesting.md"

    @Test(
        "shows the code that is compiled and run here",
        arguments: [
            (guide, "VaultGenerator.swift"), (guide, "register.swift"), (guide, "VaultGeneratorTests.swift"),
            (guide, "CacheGenerator.swift"), (kit, "TeamGeneratorTests.swift"),
        ]
    )
    func code(page: String, file: String) throws {
        let page = try String(contentsOfFile: Repository.path(page), encoding: .utf8)
        let compiled = try String(
            contentsOfFile: Repository.path("Tests/PluginGuideTests/Guide/\(file)"),
            encoding: .utf8
        )
        #expect(page.contains("```swift\n// \(file)\n\(compiled)```\n"))
    }

    @Test("leads to presigned tokens of other AWS services, with credentials and region as the connection string says")
    func presigned() async throws {
        var context = CredentialContext.system
        context.environment = ["AWS_REGION": "eu-west-2"]
        context.homeDirectory = nil
        let keys = AWSCredentials(accessKeyID: "AKIACACHE", secretAccessKey: "top secret", sessionToken: "session")
        let generator = CacheGenerator(caller: AWSCaller(credentials: .static(keys), context: context))
        let request = AuthTokenRequest(host: "Cache-1", user: "app", parameters: ["aws_rds_iam_region": "eu-west-1"])
        let token = try await generator.token(for: request)
        #expect(token.value.hasPrefix("cache-1/?Action=connect&User=app&X-Amz-Algorithm=AWS4-HMAC-SHA256&"))
        #expect(token.value.contains("eu-west-1%2Felasticache%2Faws4_request"))
        #expect(token.credential?.accessKeyID == "AKIACACHE")
        #expect(generator.isCurrent(token, for: request))
        #expect(!generator.isCurrent(token, for: AuthTokenRequest(host: "Cache-1", user: "app")))
        try await GeneratorConformance(secrets: ["top secret"], otherUser: "reader") { [context] clock in
            var context = context
            context.now = { clock.now }
            return CacheGenerator(caller: AWSCaller(credentials: .static(keys), context: context))
        }
        .check(request)
    }

    @Test("leads to tokens")
    func tokens() async throws {
        let generators = AuthTokenGeneratorRegistry()
        try registerPlugins(in: generators)
        let issuer = TokenIssuer(generators: generators)
        var request = AuthTokenRequest(host: "db.example.com", user: "app")
        let issued = try await issuer.token(from: "vault", for: request)
        #expect(issued.token.value == "from the vault")
        #expect(issued.token.user == "v-app")
        #expect(try await issuer.token(from: "sidecar", for: request).token.value == "password of app")
        request.parameters = ["vault_role": "reader"]
        #expect(try await issuer.token(from: "vault", for: request).token.user == "v-reader")
        #expect(generators.keywords == ["vault_role"])
    }
}
