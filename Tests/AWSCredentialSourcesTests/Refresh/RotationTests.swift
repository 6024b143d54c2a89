import AWSCredentialSources
import Testing

/// Files that other programs replace are read at each refresh.
@Suite(.timeLimit(.minutes(2))) struct RotationTests {
    private let clock = TestClock()

    @Test("keys in the credentials file")
    func credentialsFile() async throws {
        let path = "/home/me/.aws/credentials"
        let files = MemoryFileStore([path: Self.profile("AKIDOLD")])
        let context = CredentialContext.test(files: files, clock: clock)
        let cache = RefreshingCredentialSource(ProfileCredentialSource(context: context), context: context)
        #expect(try await cache.credentials().accessKeyID == "AKIDOLD")
        files.put(path, Self.profile("AKIDNEW"))
        clock.advance(301)
        #expect(try await cache.credentials().accessKeyID == "AKIDNEW")
    }

    @Test("the web identity token")
    func webIdentity() async throws {
        let files = MemoryFileStore(["/t": "SECRET-1"])
        let http = RecordingHTTP(answer: Self.stsAnswer)
        let context = CredentialContext.test(
            ["AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "arn:aws:iam::1:role/r", "AWS_REGION": "us-east-1"],
            files: files,
            http: http,
            clock: clock
        )
        let cache = RefreshingCredentialSource(WebIdentityCredentialSource(context: context), context: context)
        _ = try await cache.credentials()
        files.put("/t", "SECRET-2")
        clock.advance(3540)
        _ = try await cache.credentials()
        let bodies = http.requests.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(bodies.map { $0.hasSuffix("WebIdentityToken=SECRET-1") } == [true, false])
        #expect(bodies.last?.hasSuffix("WebIdentityToken=SECRET-2") == true)
    }

    @Test("the container authorization token")
    func authorizationToken() async throws {
        let files = MemoryFileStore(["/t": "SECRET-1"])
        let http = RecordingHTTP(
            answer: #"{"AccessKeyId":"A","SecretAccessKey":"SECRET","Expiration":"2026-01-02T04:04:05Z"}"#
        )
        let context = CredentialContext.test(
            [
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/t",
            ],
            files: files,
            http: http,
            clock: clock
        )
        let cache = RefreshingCredentialSource(ContainerCredentialSource(context: context), context: context)
        _ = try await cache.credentials()
        files.put("/t", "SECRET-2")
        clock.advance(3540)
        _ = try await cache.credentials()
        let tokens = http.requests.map { $0.headers.first { $0.name == "authorization" }?.value }
        #expect(tokens == ["SECRET-1", "SECRET-2"])
    }

    @Test("while the credentials live no file is read at all")
    func quiet() async throws {
        let files = MemoryFileStore(["/home/me/.aws/credentials": Self.profile("AKID")])
        let context = CredentialContext.test(files: files, clock: clock)
        let cache = RefreshingCredentialSource(ProfileCredentialSource(context: context), context: context)
        _ = try await cache.credentials()
        let reads = files.reads
        for _ in 0..<100 { _ = try await cache.credentials() }
        #expect(files.reads == reads)
    }

    private static func profile(_ id: String) -> String {
        "[default]\naws_access_key_id = \(id)\naws_secret_access_key = SECRET\n"
    }

    private static let stsAnswer = """
        <R><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>SECRET</SecretAccessKey>\
        <SessionToken>SECRET</SessionToken><Expiration>2026-01-02T04:04:05Z</Expiration></Credentials></R>
        """
}
