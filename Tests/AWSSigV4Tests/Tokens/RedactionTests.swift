import AWSSigV4
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RedactionTests {
    private static let secrets = ["topSecretKey", "topSecretToken"]

    private func credentials() throws -> SigningCredentials {
        try SigningCredentials(
            accessKeyID: "AKIDSHOWN",
            secretAccessKey: "topSecretKey",
            sessionToken: "topSecretToken"
        )
    }

    private func texts(_ value: Any) -> [String] {
        var dumped = ""
        dump(value, to: &dumped)
        return ["\(value)", String(reflecting: value), dumped]
    }

    @Test func credentialsShowTheirIDAlone() throws {
        let credentials = try credentials()
        #expect(
            "\(credentials)"
                == "SigningCredentials(accessKeyID: AKIDSHOWN, secretAccessKey: <redacted>, sessionToken: <redacted>)"
        )
        for text in texts(credentials) + texts([credentials] as [SigningCredentials?]) {
            #expect(text.contains("AKIDSHOWN"))
            for secret in Self.secrets { #expect(!text.contains(secret)) }
        }
        let lasting = try SigningCredentials(accessKeyID: "AKIDSHOWN", secretAccessKey: "topSecretKey")
        #expect("\(lasting)" == "SigningCredentials(accessKeyID: AKIDSHOWN, secretAccessKey: <redacted>)")
    }

    @Test func noStageShowsWhatCouldSign() throws {
        let scope = try CredentialScope(region: "eu-west-2", service: "sts", at: 0)
        let request = SigV4Request(
            method: "POST",
            host: "h",
            headers: [SigV4Field("X-Amz-Security-Token", "topSecretToken")]
        )
        let canonical = try CanonicalRequest(request)
        let key = try SigningKey(secretAccessKey: "topSecretKey", scope: scope)
        let signature = try key.signature(of: StringToSign(canonical, scope: scope))
        let headers = try SigV4Signer().headers(signing: request, scope: scope, credentials: credentials())
        let sent = try #require(headers.last?.value.split(separator: "Signature=").last)

        let derived = try SigningKey.hexadecimal(secretAccessKey: "topSecretKey", scope: scope)
        let hidden = Self.secrets + [derived, signature.hexadecimal, String(sent)]
        for value in [request, canonical, key, signature, headers] as [Any] {
            for text in texts(value) {
                for secret in hidden { #expect(!text.contains(secret)) }
            }
        }
        #expect("\(key)" == "SigningKey(<redacted>)")
        #expect("\(signature)" == "RequestSignature(<redacted>)")
        #expect("\(canonical)" == "CanonicalRequest(signedHeaders: host;x-amz-security-token, text: <redacted>)")
        #expect("\(request.headers)" == "[X-Amz-Security-Token: <redacted>]")
    }

    @Test(
        arguments: [
            ("", "topSecretKey", nil), ("AKI D", "topSecretKey", nil), ("AKID/x", "topSecretKey", nil),
            ("AKID,x", "topSecretKey", nil), ("AKID\n", "topSecretKey", nil), ("AKÍD", "topSecretKey", nil),
            ("AKID", "", nil), ("AKID", "topSecretKey\n", nil), ("AKID", "topSecretKey\0", "topSecretToken"),
            ("AKID", "topSecretKey", "topSecretToken\n"), ("AKID", "topSecretKey", "topSecretToken\u{7F}"),
        ] as [(String, String, String?)]
    )
    func malformedCredentialsAreRefusedWithoutQuotingThem(keyID: String, secret: String, token: String?) throws {
        let error = try #require(throws: SigV4Error.self) {
            try SigningCredentials(accessKeyID: keyID, secretAccessKey: secret, sessionToken: token)
        }
        #expect(error.code == .invalidCredentials)
        for text in texts(error) { #expect(!text.contains("topSecret")) }
    }

    @Test func anEmptySessionTokenIsNone() throws {
        let empty = try SigningCredentials(accessKeyID: "AKID", secretAccessKey: "s", sessionToken: "")
        #expect(empty.sessionToken == nil)
        #expect(try empty == SigningCredentials(accessKeyID: "AKID", secretAccessKey: "s"))
        #expect(
            Set([empty]).contains(try SigningCredentials(accessKeyID: "AKID", secretAccessKey: "s", sessionToken: nil))
        )
    }
}
