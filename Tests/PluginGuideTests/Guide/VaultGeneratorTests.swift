import AuthTokens
import AuthTokensTesting
import Testing

@Test(.timeLimit(.minutes(1))) func conforms() async throws {
    try await GeneratorConformance(secrets: ["master-key"], choosesUser: true) { clock in
        VaultGenerator(now: { clock.now }, read: { role in (user: "v-\(role)", password: "correct horse") })
    }
    .check(AuthTokenRequest(host: "db.example.com", user: "app"))
}
