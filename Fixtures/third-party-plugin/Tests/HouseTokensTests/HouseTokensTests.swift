import AuthTokens
import AuthTokensTesting
import HouseTokens
import PGConninfo
import PGRDSIAM
import Testing

@Suite("A third party's plugin", .timeLimit(.minutes(2)))
struct HouseTokensTests {
    @Test("keeps a generator's promises")
    func conformance() async throws {
        try await GeneratorConformance(otherUser: "reader") { clock in HouseTokens(now: { clock.now }) }
            .check(AuthTokenRequest(host: "db.example.com", user: "app"))
    }

    @Test("is reached from a connection string, and cached and recorded like any other")
    func connectionString() async throws {
        try HouseTokens.register(in: RDSIAM.generators)
        let log = RecordingAuditRecorder()
        let issuer = TokenIssuer(generators: RDSIAM.generators, audit: .required(log))
        let conninfo = try Conninfo.parse(
            "postgresql://app@db.example.com/blog?sslmode=verify-full&aws_rds_iam_auth_token_generator=house"
                + "&house_word=word",
            dialect: .linked,
            extensions: .rdsIAM
        )
        let error = #expect(throws: ConninfoError.self) {
            try Conninfo.parse("user=app house_wrod=word", dialect: .linked, extensions: .rdsIAM)
        }
        #expect(error?.message.contains("house_word") == true)
        let first = try #require(await RDSIAM.token(for: conninfo, issuer: issuer))
        let second = try #require(await RDSIAM.token(for: conninfo, issuer: issuer))
        #expect(first.token.value.hasPrefix("house:app@db.example.com:word:"))
        #expect(first.token == second.token)
        #expect(second.isFromCache)
        #expect(log.events.map(\.activity) == [.issue])
        #expect(log.events.map(\.generator) == ["house"])
    }
}
