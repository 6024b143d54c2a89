import AWSSigV4
import Testing

/// AWS compares bytes, while Swift's `==`, `hash` and `split` treat some different texts as the same.
@Suite("Texts are signed byte by byte", .timeLimit(.minutes(1)))
struct TextAsBytesTests {
    /// Texts that Swift takes for equal or that change when they are lowercased: a composed and a decomposed "é", a K
    /// and the Kelvin sign, an s and the long s.
    static let composed = "\u{E9}"
    static let decomposed = "e\u{301}"
    static let kelvin = "\u{212A}"
    static let longS = "\u{17F}"

    struct Secret: Sendable, CustomTestStringConvertible {
        let text: String
        /// What botocore 1.43.11 derives for 2026-01-01, `eu-west-2` and `rds-db`.
        let signingKey: String
        var testDescription: String { text.unicodeScalars.map { "U+\(String($0.value, radix: 16))" }.joined() }
    }

    static let secrets = [
        Secret(text: composed, signingKey: "ce76dd25fb0ab3a3b435b5ffefc1a60cc616e95fdfb94fdf20478b27358aa146"),
        Secret(text: decomposed, signingKey: "75a141dbcfd23ad3f9f08fe9b053ee67c5af199f9343f2818938f78dd613c7b3"),
        Secret(text: "K", signingKey: "d4a5d385cab77ad8d28023e3192bd4c7c198e8618857b6a3e746345d9657da9a"),
        Secret(text: kelvin, signingKey: "4934e23356b9b719a3afca1976f68eb81003b561594763ade89a7c7a9b464432"),
        Secret(text: "s", signingKey: "73a94bf223dc6ee7679ca935e2f879efcf8fea9305fe36acfa8cae752bf17d27"),
        Secret(text: longS, signingKey: "acd82716253e55e6d4f5dc53bb2163cb94a47fad2217fafd98d412c8d10fe7c5"),
    ]

    @Test("A signing key is derived from the bytes of the secret", arguments: secrets)
    func signingKeys(_ secret: Secret) throws {
        let scope = try CredentialScope(region: "eu-west-2", service: "rds-db", at: 1_767_225_600)
        #expect(try SigningKey.hexadecimal(secretAccessKey: secret.text, scope: scope) == secret.signingKey)
    }

    @Test("A cached signing key serves no secret but its own")
    func cachedKeys() throws {
        let signer = SigV4Signer()
        for _ in 0..<2 {
            for secret in Self.secrets {
                let credentials = try SigningCredentials(accessKeyID: "akid", secretAccessKey: secret.text)
                let fresh = try token(SigV4Signer(keyCapacity: 0), credentials)
                #expect(try token(signer, credentials) == fresh)
            }
        }
    }

    @Test("Credentials are equal if their bytes are")
    func credentials() throws {
        let all = try Self.secrets.map { try SigningCredentials(accessKeyID: "akid", secretAccessKey: $0.text) }
        let tokens = try Self.secrets.map {
            try SigningCredentials(accessKeyID: "akid", secretAccessKey: "s3", sessionToken: $0.text)
        }
        #expect(Set(all + tokens + all).count == 12)
        #expect(all[0] != all[1])
        #expect(tokens[0] != tokens[1])
        #expect(all[0] == all[0])
    }

    @Test("Requests and their fields are equal if their bytes are")
    func requests() throws {
        let texts = Self.secrets.map(\.text)
        #expect(Set(texts.map { SigV4Field($0, "") } + texts.map { SigV4Field("", $0) }).count == 12)
        let requests =
            texts.map { SigV4Request(host: "h", path: "/\($0)") } + texts.map { SigV4Request(host: $0) }
            + texts.map { SigV4Request(method: $0, host: "h") }
            + texts.map { SigV4Request(host: "h", query: [SigV4Field($0, "")]) }
            + texts.map { SigV4Request(host: "h", headers: [SigV4Field("x", $0)]) }
        #expect(Set(requests + requests).count == 30)
        let canonical = try texts.map {
            try CanonicalRequest(SigV4Request(host: "h", headers: [SigV4Field("x", $0)]))
        }
        #expect(Set(canonical + canonical).count == 6)
    }

    /// The signatures are those of botocore 1.43.11's `generate_db_auth_token`.
    @Test(
        "A database user is signed as the bytes it consists of",
        arguments: [
            (composed, "%C3%A9", "872ffb2fe85622b56d1e140830d2ed6e5a16a0f433f3af3124c61eb97bde7911"),
            (decomposed, "e%CC%81", "008443e48d045d71e81a40b19a3a7401162d7997b89d1353d6c74140a84ed10a"),
            (kelvin, "%E2%84%AA", "9e5bb24a3c367e4451e1e06c3b6764ebae9633165c64211ce3e2309f39f0768f"),
            ("K", "K", "53fa4b3b0f4de84a0dad1e74080f29edc8058bd74c05829008e3527298ac5462"),
            (longS, "%C5%BF", "7114c4f28588c6cd93ac0d68c68ddf81ae6ec0939f8da71ea8f80c96c75fea46"),
        ]
    )
    func users(_ user: String, encoded: String, signature: String) throws {
        let token = try SigV4Signer().rdsToken(
            host: "prod-instance.us-east-1.rds.amazonaws.com",
            port: 3306,
            user: user,
            region: "us-east-1",
            credentials: SigningCredentials(accessKeyID: "akid", secretAccessKey: "secret"),
            at: 1_724_709_600
        )
        #expect(token.contains("&DBUser=\(encoded)&"))
        #expect(token.hasSuffix("&X-Amz-Signature=\(signature)"))
    }

    /// Lowercased by Unicode, the Kelvin sign is an ASCII letter: such a host would be signed as another one.
    @Test(
        "What only looks like ASCII is refused",
        arguments: [kelvin, longS, composed, decomposed, "\0", "a\u{301}", "-\u{301}", "\u{37E}"]
    )
    func lookalikes(_ text: String) throws {
        let credentials = try SigningCredentials(accessKeyID: "akid", secretAccessKey: "secret")
        func code(_ body: () throws -> Void) -> SigV4Error.Code? {
            #expect(throws: SigV4Error.self) { try body() }?.code
        }
        let host = code { _ = try token(SigV4Signer(), credentials, host: "db.\(text).example.com") }
        let region = code { _ = try token(SigV4Signer(), credentials, region: "eu\(text)") }
        let service = code { _ = try CredentialScope(region: "r", service: text, at: 0) }
        let keyID = code { _ = try SigningCredentials(accessKeyID: "AKIA\(text)", secretAccessKey: "s") }
        let header = code {
            _ = try CanonicalRequest(SigV4Request(host: "h", headers: [SigV4Field("\(text)eep-alive", "v")]))
        }
        let method = code { _ = try CanonicalRequest(SigV4Request(method: "GET\(text)", host: "h")) }
        #expect(host == .invalidHost)
        #expect([region, service] == [.invalidScope, .invalidScope])
        #expect(keyID == .invalidCredentials)
        #expect([header, method] == [.invalidRequest, .invalidRequest])
    }

    /// "\u{212A}eep-alive" is "keep-alive" to Unicode, which is never signed.
    @Test("A header whose name is no ASCII is refused, not ignored")
    func ignoredHeaders() throws {
        let request = SigV4Request(host: "h", headers: [SigV4Field("\(Self.kelvin)eep-alive", "v")])
        let scope = try CredentialScope(region: "r", service: "s", at: 0)
        let credentials = try SigningCredentials(accessKeyID: "akid", secretAccessKey: "secret")
        let error = try #require(throws: SigV4Error.self) {
            try SigV4Signer().headers(signing: request, scope: scope, credentials: credentials)
        }
        #expect(error.code == .invalidRequest)
    }

    private func token(
        _ signer: SigV4Signer,
        _ credentials: SigningCredentials,
        host: String = "db.example.com",
        region: String = "eu-west-2"
    ) throws -> String {
        try signer.rdsToken(
            host: host,
            port: 5432,
            user: "app",
            region: region,
            credentials: credentials,
            at: 1_767_225_600
        )
    }
}
