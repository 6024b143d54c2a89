import AWSSigV4
import RDSIAMHashing
import Testing

/// Tokens for random input against two judges that share nothing with this package: botocore's own signatures, and the
/// look-alike's verifier.
@Suite(.timeLimit(.minutes(5)))
struct RandomTokenTests {
    @Test func theFixtureIsWhole() {
        #expect(RandomToken.all.count == 5_200)
    }

    @Test func everyTokenEqualsBotocores() throws {
        let signer = SigV4Signer()
        for expected in RandomToken.all {
            let token = try expected.token(signer)
            guard token.hasSuffix("&X-Amz-Signature=\(expected.signature)"),
                try SHA256Digest.hash(token).hexadecimal == expected.tokenSHA256
            else {
                Issue.record("case \(expected.id) differs from botocore's")
                continue
            }
        }
    }

    /// The shorter way to write a token's canonical request gives what the general one gives.
    @Test func everyTokenEqualsThePresignedRequest() throws {
        let signer = SigV4Signer(keyCapacity: 0)
        for expected in RandomToken.all {
            let host = expected.host.lowercased()
            let request = SigV4Request(
                host: expected.port == 443 ? host : "\(host):\(expected.port)",
                query: [SigV4Field("DBUser", expected.user), SigV4Field("Action", "connect")]
            )
            let query = try signer.query(
                presigning: request,
                scope: CredentialScope(region: expected.region, service: "rds-db", at: expected.time),
                credentials: expected.credentials,
                expires: 900
            )
            let token = try expected.token(signer)
            guard token == "\(host):\(expected.port)/?\(query)" else {
                Issue.record("case \(expected.id) differs from the presigned request")
                continue
            }
        }
    }

    @Test func theLookalikesVerifierAcceptsEveryToken() async throws {
        let signer = SigV4Signer()
        let cases = try RandomToken.all.map { try Judgement.Case($0, token: $0.token(signer), service: "rds-db") }
        try await expectAccepted(cases)
    }

    @Test func theLookalikesVerifierAcceptsDSQLTokens() async throws {
        let signer = SigV4Signer()
        let cases = try RandomToken.all.prefix(500).map { random in
            let token = try signer.dsqlToken(
                host: random.host,
                isAdmin: random.user == "admin",
                region: random.region,
                credentials: random.credentials,
                at: random.time
            )
            return Judgement.Case(random, token: token, service: "dsql")
        }
        try await expectAccepted(cases)
    }

    /// A judge that accepts everything would prove nothing.
    @Test func theLookalikesVerifierRefusesAForeignSignature() async throws {
        let random = try #require(RandomToken.all.first)
        let token = try random.token(SigV4Signer())
        let forged = token.dropLast() + (token.hasSuffix("0") ? "1" : "0")
        let verdicts = try await Judgement.verdicts(on: [
            Judgement.Case(random, token: String(forged), service: "rds-db")
        ])
        #expect(verdicts.map(\.reason) == ["signature"])
    }

    private func expectAccepted(_ cases: [Judgement.Case]) async throws {
        let verdicts = try await Judgement.verdicts(on: cases)
        #expect(verdicts.map(\.id) == cases.map(\.id))
        for verdict in verdicts where verdict.verdict != "accepted" {
            Issue.record("case \(verdict.id) is refused: \(verdict.reason ?? "without a reason")")
        }
    }
}
