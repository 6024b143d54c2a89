import AWSCredentialSources
import Testing

/// What a source does when it is asked again.
@Suite(.timeLimit(.minutes(2))) struct RenewalTests {
    private let clock = TestClock()

    @Test("a sign-in whose renewal failed is not tried again for 30 seconds")
    func ssoRenewal() async throws {
        let http = RoutedHTTP([
            "/token": (400, #"{"error":"invalid_grant"}"#),
            "/federation": (
                200,
                #"{"roleCredentials":{"accessKeyId":"A","secretAccessKey":"S","sessionToken":"T","expiration":1767344645000}}"#
            ),
        ])
        let source = ProfileCredentialSource("dev", context: .test(files: signIn, http: http, clock: clock))
        for (pause, renewals) in [(0.0, 1), (29, 1), (1, 2), (29, 2)] {
            clock.advance(pause)
            #expect(try await source.credentials().accessKeyID == "A")
            #expect(http.urls.count { $0.hasSuffix("/token") } == renewals, "after \(pause) more seconds")
        }
    }

    @Test("an outage of the renewal is the reason for as long as it is not tried again")
    func ssoOutage() async throws {
        let http = RoutedHTTP(["/token": (500, "")])
        let source = ProfileCredentialSource("dev", context: .test(files: signIn, http: http, clock: clock))
        // The token expires now; each renewal takes three attempts and a second and a half.
        clock.advance(600)
        for (pause, requests) in [(0.0, 3), (28, 3), (2, 6)] {
            clock.advance(pause)
            let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
            #expect(error?.code == .serviceUnavailable)
            #expect(http.urls.count == requests, "after \(pause) more seconds")
        }
    }

    @Test("the instance's role is looked up each time")
    func instanceRole() async throws {
        let http = RoutedHTTP([
            "/api/token": (200, "SECRET-imds"), "/security-credentials/": (200, "first"),
            "/first": (200, document("AKIDFIRST")), "/second": (200, document("AKIDSECOND")),
        ])
        let source = InstanceMetadataCredentialSource(context: .test(http: http, clock: clock))
        #expect(try await source.credentials().accessKeyID == "AKIDFIRST")
        http.answer("/security-credentials/", (200, "second"))
        #expect(try await source.credentials().accessKeyID == "AKIDSECOND")
    }

    private func document(_ id: String) -> String {
        #"{"Code":"Success","AccessKeyId":"\#(id)","SecretAccessKey":"S","Token":"T","Expiration":"2026-01-02T09:04:05Z"}"#
    }

    /// The token has two minutes left; the name is the SHA-1 of `corp`.
    private var signIn: MemoryFileStore {
        MemoryFileStore([
            "/home/me/.aws/config": """
            [profile dev]
            sso_session = corp
            sso_account_id = 1
            sso_role_name = r
            [sso-session corp]
            sso_start_url = https://x.example
            sso_region = eu-west-1
            """,
            "/home/me/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json": """
            {"accessToken":"T","expiresAt":"2026-01-02T03:06:35Z","clientId":"c","clientSecret":"s","refreshToken":"r",
             "registrationExpiresAt":"2100-01-01T00:00:00Z"}
            """,
        ])
    }
}
