import AuthTokens
import Foundation
import TestSupport
import Testing

@Suite("The guide to plugins", .timeLimit(.minutes(1)))
struct PluginGuideTests {
    @Test(
        "shows the code that is compiled here",
        arguments: [
            "VaultGenerator.swift", "register.swift", "VaultGeneratorTests.swift",
        ]
    )
    func code(file: String) throws {
        let page = try String(contentsOfFile: Repository.path("Plugins/README.md"), encoding: .utf8)
        let compiled = try String(
            contentsOfFile: Repository.path("Tests/PluginGuideTests/Guide/\(file)"),
            encoding: .utf8
        )
        #expect(page.contains("```swift\n// \(file)\n\(compiled)```\n"))
    }

    @Test("shows no other code")
    func nothingElse() throws {
        let page = try String(contentsOfFile: Repository.path("Plugins/README.md"), encoding: .utf8)
        #expect(page.components(separatedBy: "```swift").count == 4)
    }

    @Test("leads to tokens")
    func tokens() async throws {
        let generators = AuthTokenGeneratorRegistry()
        try registerPlugins(in: generators)
        let issued = try await TokenIssuer(generators: generators)
            .token(from: "vault", for: AuthTokenRequest(host: "db.example.com", user: "app"))
        #expect(issued.token.value == "from the vault")
        #expect(issued.token.user == "v-app")
    }
}
