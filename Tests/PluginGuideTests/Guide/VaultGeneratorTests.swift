import AuthTokens
import AuthTokensTesting
import Testing

@Test(.timeLimit(.minutes(1))) func conforms() async throws {
    try await GeneratorConformance(secrets: ["master-key"]) { clock in
        VaultGenerator(now: { clock.now }, read: { role in (user: role, password: "correct horse") })
    }
    .check(AuthTokenRequest(host: "db.example.com", user: "app"))
}
