import AuthTokens
import AuthTokensTesting
import Foundation
import Testing

@Suite("The registry of generators", .timeLimit(.minutes(1)))
struct RegistryTests {
    private let build: AuthTokenGeneratorRegistry.Build = { ClosureTokenGenerator(lifetime: .seconds(1)) { _ in "p" } }

    @Test("lists the keywords of all generators in the order of the names, each once")
    func keywords() throws {
        let registry = AuthTokenGeneratorRegistry([
            .init("one", keywords: ["shared", "first"], build: build), .init("two", build: build),
        ])
        try registry.add("three", keywords: ["shared", "e\u{301}", "\u{E9}", "last"], build)
        #expect(
            registry.keywords.map { Array($0.utf8) }
                == ["shared", "first", "e\u{301}", "\u{E9}", "last"].map { Array($0.utf8) }
        )
        #expect(registry.keywords(of: "three").count == 4)
        #expect(registry.keywords(of: "two").isEmpty && registry.keywords(of: "four").isEmpty)
    }

    @Test("forgets the keywords of a name that is removed, replaced or reset, and of no other")
    func changes() throws {
        let registry = AuthTokenGeneratorRegistry([.init("default", keywords: ["region"], build: build)])
        try registry.add(.init("vault", keywords: ["vault_role", "region"], build: build))
        let error = #expect(throws: NamedRegistryError.self) { try registry.add("vault", keywords: ["other"], build) }
        #expect(error?.code == .nameTaken)
        #expect(registry.keywords == ["region", "vault_role"])
        try registry.add("vault", keywords: ["vault_path"], replacing: true, build)
        #expect(registry.keywords == ["region", "vault_path"])
        #expect(registry.remove("default") && !registry.remove("default"))
        #expect(registry.keywords == ["vault_path"])
        registry.reset()
        #expect(registry.names == ["default"] && registry.keywords == ["region"])
    }

    @Test("tells the secret keywords, and a request prints no value of any")
    func secretKeywords() throws {
        let registry = AuthTokenGeneratorRegistry([
            .init("one", keywords: ["role"], secretKeywords: ["pin"], build: build)
        ])
        try registry.add("two", keywords: ["pin", "path"], secretKeywords: ["key"], build)
        try registry.add("three", secretKeywords: ["word"], lifetime: .seconds(1)) { _ in "p" }
        #expect(registry.keywords == ["role", "pin", "path", "key", "word"])
        #expect(registry.secretKeywords == ["pin", "key", "word"])
        #expect(registry.keywords(of: "one") == ["role", "pin"])
        registry.remove("two")
        #expect(registry.secretKeywords == ["pin", "word"])
        registry.reset()
        #expect(registry.secretKeywords == ["pin"])
        let request = AuthTokenRequest(host: "h", user: "u", parameters: ["pin": "topsecret", "role": "r"])
        #expect("\(request)" == "AuthTokenRequest(u@h:5432; pin, role)")
        var dumped = ""
        dump(request, to: &dumped)
        #expect(!dumped.contains("topsecret") && !String(reflecting: request).contains("topsecret"))
    }

    @Test("takes a closure that returns a text, in one line, with its lifetime")
    func closure() async throws {
        let registry = AuthTokenGeneratorRegistry()
        try registry.add("gem", keywords: ["gem_word"], lifetime: .seconds(600)) { "\($0.host):\($0.port):\($0.user)" }
        let issuer = TokenIssuer(generators: registry)
        let issued = try await issuer.token(from: "gem", for: .to("a"))
        #expect(issued.token.value == "a:5432:app" && issued.token.kind == .password)
        #expect(issued.token.expiresAt == issued.token.signedAt + 600)
        #expect(try await issuer.token(from: "gem", for: .to("a")).isFromCache)
        #expect(registry.keywords == ["gem_word"])
    }

    @Test("is one short line of an issuer's description, however many tokens it has cached")
    func description() async throws {
        let registry = AuthTokenGeneratorRegistry(defaults: [("default", build), ("rds", build)])
        let issuer = TokenIssuer(generators: registry)
        #expect("\(issuer)" == "TokenIssuer(generators: default, rds; cached: 0)")
        let long = AuthTokenGeneratorRegistry()
        try long.add("g", lifetime: .seconds(900)) { "secret of \($0.user)" }
        let busy = TokenIssuer(generators: long)
        for user in 0..<100 { _ = try await busy.token(from: "g", for: .to("a", user: "\(user)")) }
        #expect("\(busy)" == "TokenIssuer(generators: g; cached: 100)")
        var dumped = ""
        dump(busy, to: &dumped)
        #expect(!dumped.contains("secret") && dumped.utf8.count < 200)
    }
}
