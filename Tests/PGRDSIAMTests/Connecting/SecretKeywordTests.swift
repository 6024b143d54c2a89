import AuthTokens
import PGConninfo
import PGRDSIAM
import Testing

@Suite("Keywords of generators", .timeLimit(.minutes(1)))
struct SecretKeywordTests {
    private func printed(_ setting: String) throws -> String {
        let generators = AuthTokenGeneratorRegistry([
            .init("vault", keywords: ["vault_role"], secretKeywords: ["vault_token"]) {
                ClosureTokenGenerator(lifetime: .seconds(60)) { _ in "p" }
            }
        ])
        let text = "host=h.example.com aws_rds_iam_auth_token_generator=vault vault_role=reader \(setting)"
        let conninfo = try Conninfo.parse(text, dialect: .linked, extensions: .init(generators))
        return "\(conninfo) \(String(reflecting: conninfo)) \(conninfo.redacted)"
    }

    @Test("are printed with their values unless they are secret")
    func secret() throws {
        let text = try printed("vault_token=topsecret")
        #expect(text.contains("vault_role=reader") && text.contains("vault_token="))
        #expect(!text.contains("topsecret"))
    }

    @Test("are suggested for misspelled ones, secret or not", arguments: ["vault_tokne", "vault_rloe"])
    func misspelled(keyword: String) {
        let error = #expect(throws: ConninfoError.self) { try printed("\(keyword)=topsecret") }
        let known = keyword == "vault_rloe" ? "vault_role" : "vault_token"
        #expect(error.map { "\($0)" }?.contains("Did you mean \"\(known)\"?") == true)
    }
}
