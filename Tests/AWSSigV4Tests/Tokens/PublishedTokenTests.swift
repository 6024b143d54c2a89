import AWSSigV4
import Testing

/// Tokens that AWS's own SDKs publish in their tests (smithy-rs and botocore; signatures are facts).
@Suite(.timeLimit(.minutes(1)))
struct PublishedTokenTests {
    struct RDSCase: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let host: String
        let port: Int
        let user: String
        let keyID: String
        let secret: String
        let token: String?
        let time: Int64
        let signature: String
    }

    static let rdsCases = [
        RDSCase(
            testDescription: "smithy-rs",
            host: "prod-instance.us-east-1.rds.amazonaws.com",
            port: 3306,
            user: "peccy",
            keyID: "akid",
            secret: "secret",
            token: nil,
            time: 1_724_709_600,
            signature: "dd0cba843009474347af724090233265628ace491ea17ce3eb3da098b983ad89"
        ),
        RDSCase(
            testDescription: "botocore",
            host: "prod-instance.us-east-1.rds.amazonaws.com",
            port: 3306,
            user: "someusername",
            keyID: "akid",
            secret: "skid",
            token: nil,
            time: 1_478_540_373,
            signature: "d1138cdbc0ca63eec012ec0fc6c2267e03642168f5884a7795320d4c18374c61"
        ),
        RDSCase(
            testDescription: "a user and a session token full of reserved characters",
            host: "prod-instance.us-east-1.rds.amazonaws.com",
            port: 5432,
            user: "a b+c@d/é~&=",
            keyID: "akid",
            secret: "secret",
            token: "TOK+/==",
            time: 1_724_709_600,
            signature: "2975a56ca909ba347d59a0ccb872ffd369fb1a6ad5dde0efe6d2e56abf43bd20"
        ),
        RDSCase(
            testDescription: "capital letters in the host are signed small",
            host: "PROD-instance.us-east-1.rds.amazonaws.com",
            port: 5432,
            user: "peccy",
            keyID: "akid",
            secret: "secret",
            token: nil,
            time: 1_724_709_600,
            signature: "dc7de6e5814cb2ff0266bab598537cc731af493196e19acab412781b68143f7b"
        ),
    ]

    @Test(arguments: rdsCases)
    func rdsTokenCarriesThePublishedSignature(_ published: RDSCase) throws {
        let token = try SigV4Signer().rdsToken(
            host: published.host,
            port: published.port,
            user: published.user,
            region: "us-east-1",
            credentials: SigningCredentials(
                accessKeyID: published.keyID,
                secretAccessKey: published.secret,
                sessionToken: published.token
            ),
            at: published.time
        )
        #expect(token.hasSuffix("&X-Amz-Signature=\(published.signature)"))
        #expect(token.hasPrefix("\(published.host.lowercased()):\(published.port)/?Action=connect&DBUser="))
    }

    @Test(arguments: [
        (false, "f5f2ad764ca5df44045d4ab6ccecba0eef941b0007e5765885a0b6ed3702a3f8"),
        (true, "267cf8d04d84444f7a62d5bdb40c44bfc6cb13dd6c64fa7f772df6bbaa90fff1"),
    ])
    func dsqlTokenCarriesThePublishedSignature(isAdmin: Bool, signature: String) throws {
        let token = try SigV4Signer().dsqlToken(
            host: "peccy.dsql.us-east-1.on.aws",
            isAdmin: isAdmin,
            region: "us-east-1",
            credentials: SigningCredentials(accessKeyID: "akid", secretAccessKey: "secret"),
            at: 1_724_716_800,
            expires: 450
        )
        let action = isAdmin ? "DbConnectAdmin" : "DbConnect"
        #expect(token.hasPrefix("peccy.dsql.us-east-1.on.aws/?Action=\(action)&X-Amz-Algorithm="))
        #expect(token.hasSuffix("&X-Amz-Signature=\(signature)"))
    }

    /// botocore's own tests, with a session token; of the signatures only the ends are known here.
    @Test(arguments: [(false, "57fe03e0", "fcf4"), (true, "5ac084bc", "e190")])
    func dsqlTokenWithASessionTokenCarriesThePublishedSignature(isAdmin: Bool, start: String, end: String) throws {
        let token = try SigV4Signer().dsqlToken(
            host: "test.dsql.us-east-1.on.aws",
            isAdmin: isAdmin,
            region: "us-east-1",
            credentials: SigningCredentials(
                accessKeyID: "ACCESS_KEY",
                secretAccessKey: "SECRET_KEY",
                sessionToken: "SESSION_TOKEN"
            ),
            at: 1_731_001_173
        )
        let signature = try #require(token.split(separator: "&X-Amz-Signature=").last)
        #expect(signature.count == 64)
        #expect(signature.hasPrefix(start))
        #expect(signature.hasSuffix(end))
    }
}
