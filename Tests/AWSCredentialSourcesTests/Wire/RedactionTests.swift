import AWSCredentialSources
import AWSSigV4
import Testing

/// Nothing that prints shows a secret.
@Suite(.timeLimit(.minutes(2))) struct RedactionTests {
    private let credentials = AWSCredentials(
        accessKeyID: "AKIDEXAMPLE",
        secretAccessKey: "hidden-secret",
        sessionToken: "hidden-token",
        accountID: "111122223333",
        provenance: .init(source: .environment, profile: "dev", roleARN: "arn:aws:iam::111122223333:role/r")
    )

    @Test("credentials print without their secrets, however they are printed")
    func credentialsPrint() throws {
        var dumped = ""
        dump(credentials, to: &dumped)
        dump([credentials], to: &dumped)
        let texts = [
            "\(credentials)", String(describing: credentials), String(reflecting: credentials), dumped,
            "\(Optional(credentials) as Any)", "\([credentials])", "\(["c": credentials])",
            "\(Mirror(reflecting: credentials).children.map { "\($0)" })",
        ]
        for text in texts {
            #expect(!text.contains("hidden"))
            #expect(text.contains("AKIDEXAMPLE"))
        }
        #expect("\(credentials)" == "AWSCredentials(AKIDEXAMPLE, from environment, secrets redacted)")
    }

    @Test("sources that hold secrets print without them")
    func sourcesPrint() {
        var dumped = ""
        let context = CredentialContext.test([
            "AWS_SECRET_ACCESS_KEY": "hidden-secret", "AWS_SESSION_TOKEN": "hidden-token",
        ])
        dump(StaticCredentialSource(credentials), to: &dumped)
        dump(EnvironmentCredentialSource(context: context), to: &dumped)
        dump(ProcessCredentialSource("give --password hidden-argument", context: context), to: &dumped)
        dump(
            CredentialHTTPRequest(
                url: "https://x",
                headers: [("authorization", "hidden-header")],
                body: Array("hidden-body".utf8)
            ),
            to: &dumped
        )
        dump(CredentialHTTPResponse(status: 200, body: Array("hidden-body".utf8)), to: &dumped)
        dump(ProcessResult(exitStatus: 0, output: Array("hidden-output".utf8)), to: &dumped)
        #expect(!dumped.contains("hidden"))
        #expect(!dumped.contains("104\n"), "bytes of a body are dumped one by one")
    }

    @Test("a cache that holds credentials prints without their secrets")
    func cachePrints() async throws {
        let context = CredentialContext.test()
        let cache = RefreshingCredentialSource(StaticCredentialSource(credentials), context: context)
        _ = try await cache.credentials()
        let chain = AWSCredentialChain([cache, StaticCredentialSource(credentials)], context: context)
        var dumped = "\(cache) \(chain) \(String(reflecting: chain))"
        dump(chain, to: &dumped)
        dump(try await chain.resolve(), to: &dumped)
        #expect(!dumped.contains("hidden"))
    }

    @Test("an error of a custom source is not quoted")
    func foreignErrors() async {
        struct Talkative: Error { var text = "hidden-in-error" }
        let chain = AWSCredentialChain([CustomCredentialSource { throw Talkative() }], context: .test())
        let error = await #expect(throws: AWSCredentialError.self) { try await chain.credentials() }
        #expect(error?.code == .unreachable)
        #expect("\(String(describing: error))".contains("hidden") == false)
        #expect("\(String(describing: error))".contains("Talkative"))
    }

    @Test("credentials become SigV4's, and impossible ones are refused without being quoted")
    func signing() throws {
        #expect(try credentials.signing.sessionToken == "hidden-token")
        var broken = credentials
        broken.secretAccessKey = "hidden\nsecret"
        let error = #expect(throws: SigV4Error.self) { try broken.signing }
        #expect("\(String(describing: error))".contains("hidden") == false)
    }
}
