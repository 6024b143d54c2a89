import AWSCredentialSources
import Testing

/// Where a role is assumed whose client is made in code, as the keyword of a connection string does.
@Suite(.timeLimit(.minutes(1))) struct RoleEndpointTests {
    struct Endpoint: Sendable, CustomTestStringConvertible {
        var name: String
        var region: String?
        var profile: String?
        var environment: [String: String] = [:]
        var url: String
        /// The region of the credential scope.
        var scope: String

        var testDescription: String { name }
    }

    private static let config = """
        [default]
        region = eu-west-3
        [profile plain]
        region = ap-southeast-4
        [profile fips]
        region = us-east-2
        use_fips_endpoint = true
        [profile dual]
        region = me-south-1
        use_dualstack_endpoint = true
        [profile url]
        region = af-south-1
        endpoint_url = http://sts.example.test:4711
        [profile services]
        region = af-south-1
        services = local
        [services local]
        sts =
          endpoint_url = http://nested.example.test:4712/base
        """

    @Test(
        "the endpoint is the regional one that the region, the profile and the environment name",
        arguments: [
            Endpoint(
                name: "a region in code",
                region: "af-south-1",
                url: "https://sts.af-south-1.amazonaws.com/",
                scope: "af-south-1"
            ),
            Endpoint(
                name: "a region in code outranks the environment's",
                region: "af-south-1",
                environment: ["AWS_REGION": "us-east-1"],
                url: "https://sts.af-south-1.amazonaws.com/",
                scope: "af-south-1"
            ),
            Endpoint(
                name: "the default profile's region",
                url: "https://sts.eu-west-3.amazonaws.com/",
                scope: "eu-west-3"
            ),
            Endpoint(
                name: "a profile's region",
                profile: "plain",
                url: "https://sts.ap-southeast-4.amazonaws.com/",
                scope: "ap-southeast-4"
            ),
            Endpoint(
                name: "the region of AWS_PROFILE",
                environment: ["AWS_PROFILE": "plain"],
                url: "https://sts.ap-southeast-4.amazonaws.com/",
                scope: "ap-southeast-4"
            ),
            Endpoint(
                name: "a region in code and the profile's FIPS",
                region: "us-west-1",
                profile: "fips",
                url: "https://sts-fips.us-west-1.amazonaws.com/",
                scope: "us-west-1"
            ),
            Endpoint(
                name: "the profile's dual-stack",
                profile: "dual",
                url: "https://sts.me-south-1.api.aws/",
                scope: "me-south-1"
            ),
            Endpoint(
                name: "the profile's endpoint_url, signed for the region in code",
                region: "eu-central-2",
                profile: "url",
                url: "http://sts.example.test:4711/",
                scope: "eu-central-2"
            ),
            Endpoint(
                name: "the profile's services section",
                profile: "services",
                url: "http://nested.example.test:4712/base",
                scope: "af-south-1"
            ),
            Endpoint(
                name: "a profile that does not exist",
                region: "eu-north-1",
                profile: "gone",
                url: "https://sts.eu-north-1.amazonaws.com/",
                scope: "eu-north-1"
            ),
        ]
    )
    func endpoint(_ endpoint: Endpoint) async throws {
        let http = RecordingHTTP(status: 403)
        let files = MemoryFileStore(["/home/me/.aws/config": Self.config])
        let context = CredentialContext.test(endpoint.environment, files: files, http: http)
        let client = STSClient(region: endpoint.region, profile: endpoint.profile, context: context)
        let role = AssumedRole(arn: "arn:aws:iam::111122223333:role/app", sessionName: "me", externalID: "x 1")
        let base = StaticCredentialSource(AWSCredentials(accessKeyID: "A", secretAccessKey: "S"))
        await #expect(throws: AWSCredentialError.self) {
            try await AssumeRoleCredentialSource(role, from: base, client: client).credentials()
        }
        let request = try #require(http.requests.first)
        #expect(request.url == endpoint.url)
        let signature = try #require(request.headers.first { $0.name == "authorization" }?.value)
        #expect(signature.contains("/\(endpoint.scope)/sts/aws4_request"))
        let body = String(decoding: request.body, as: UTF8.self)
        #expect(body.contains("RoleSessionName=me") && body.contains("ExternalId=x%201"))
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var message: String
        /// Whether the words of STS are in the error.
        var isQuoted = true

        var testDescription: String { message }
    }

    @Test(
        "an error of STS names the role, the host, the request and what STS says, but nothing that was sent",
        arguments: [
            Refusal(message: "User: arn:aws:iam::1:user/me is not authorized to perform: sts:AssumeRole"),
            Refusal(message: "The security token included in the request is invalid."),
            Refusal(message: "The token SECRET-session-token is malformed", isQuoted: false),
            Refusal(message: "The key SECRET-key is wrong", isQuoted: false),
            Refusal(message: "The Canonical String was POST x-amz-security-token:abc", isQuoted: false),
            Refusal(message: "Authorization must hold Signature=0a1b2c", isQuoted: false),
            Refusal(message: String(repeating: "x", count: 501), isQuoted: false),
        ]
    )
    func refusals(_ refusal: Refusal) async throws {
        let answer = """
            <ErrorResponse><Error><Code>AccessDenied</Code><Message>\(refusal.message)</Message></Error>
            <RequestId>0a1b-2c</RequestId></ErrorResponse>
            """
        let context = CredentialContext.test(
            ["AWS_REGION": "eu-west-2"],
            http: RecordingHTTP(status: 403, answer: answer)
        )
        let keys = AWSCredentials(
            accessKeyID: "A",
            secretAccessKey: "SECRET-key",
            sessionToken: "SECRET-session-token"
        )
        let role = AssumedRole(arn: "arn:aws:iam::111122223333:role/app")
        let error = try #require(
            await #expect(throws: AWSCredentialError.self) {
                try await STSClient(context: context).assumeRole(role, as: keys)
            }
        )
        #expect(error.serviceCode == "AccessDenied" && error.requestID == "0a1b-2c" && !error.isRetryable)
        let words = ["role/app", "sts.eu-west-2.amazonaws.com", "AccessDenied", "0a1b-2c"]
        for word in words { #expect(error.message.contains(word), "\(error)") }
        #expect(error.message.contains(refusal.message.prefix(20)) == refusal.isQuoted, "\(error)")
        #expect(!"\(error)".contains("SECRET") && error.message.hasSuffix("."))
    }

    private static let mfa = """
        [profile dev]
        role_arn = arn:aws:iam::111122223333:role/app
        source_profile = base
        mfa_serial = arn:aws:iam::111122223333:mfa/me
        [profile base]
        aws_access_key_id = A
        aws_secret_access_key = SECRET
        """

    @Test("a role with MFA is assumed with the code that the user enters")
    func mfaCode() async throws {
        let http = RecordingHTTP(status: 403)
        let files = MemoryFileStore(["/home/me/.aws/config": Self.mfa])
        var context = CredentialContext.test(["AWS_REGION": "eu-west-2"], files: files, http: http)
        context.terminal.mfaCode = { device in device.hasSuffix("mfa/me") ? "123456" : "" }
        let source = ProfileCredentialSource("dev", context: context)
        let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
        #expect(error?.message.contains("123456") == false)
        let body = String(decoding: try #require(http.requests.first).body, as: UTF8.self)
        #expect(body.hasSuffix("&SerialNumber=arn%3Aaws%3Aiam%3A%3A111122223333%3Amfa%2Fme&TokenCode=123456"))
    }

    @Test("a role with MFA is refused without a way to ask, and without an answer", arguments: [false, true])
    func noMFACode(_ isAsked: Bool) async throws {
        struct NoAnswer: Error {}
        let http = RecordingHTTP()
        let files = MemoryFileStore(["/home/me/.aws/config": Self.mfa])
        var context = CredentialContext.test(["AWS_REGION": "eu-west-2"], files: files, http: http)
        if isAsked { context.terminal.mfaCode = { _ in throw NoAnswer() } }
        let source = ProfileCredentialSource("dev", context: context)
        let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("MFA") == true && http.requests.isEmpty)
        var role = AssumedRole(arn: "arn:aws:iam::111122223333:role/app")
        role.mfaSerialNumber = "arn:aws:iam::111122223333:mfa/me"
        let keys = AWSCredentials(accessKeyID: "A", secretAccessKey: "SECRET")
        let refusal = await #expect(throws: AWSCredentialError.self) {
            try await STSClient(context: context).assumeRole(role, as: keys)
        }
        #expect(refusal?.code == .unsupported && refusal?.message.contains("mfa/me") == true)
    }

    @Test("of a chain of roles the error says which step failed", arguments: [1, 2, 3])
    func step(_ failing: Int) async throws {
        var config = "[profile base]\naws_access_key_id = A\naws_secret_access_key = SECRET\n"
        for step in 1...3 {
            let source = step == 1 ? "base" : "step\(step - 1)"
            config += "[profile step\(step)]\nrole_arn = arn:aws:iam::1:role/r\(step)\nsource_profile = \(source)\n"
        }
        let files = MemoryFileStore(["/home/me/.aws/config": config])
        let http = StepHTTP(failing: failing)
        let context = CredentialContext.test(["AWS_REGION": "eu-west-2"], files: files, http: http)
        let source = ProfileCredentialSource("step3", context: context)
        let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
        #expect(error?.message.contains("role/r\(failing) ") == true, "\(error as Any)")
        #expect(error?.message.contains("step \(failing) of 3") == true, "\(error as Any)")
    }

    /// STS that refuses one of several roles.
    private struct StepHTTP: CredentialHTTPClient {
        var failing: Int

        func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse {
            let isRefused = String(decoding: request.body, as: UTF8.self).contains("role%2Fr\(failing)&")
            let answer = """
                <R><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>SECRET</SecretAccessKey>\
                <SessionToken>SECRET</SessionToken><Expiration>2026-01-02T04:04:05Z</Expiration></Credentials></R>
                """
            return CredentialHTTPResponse(
                status: isRefused ? 403 : 200,
                body: Array((isRefused ? "<E><Code>AccessDenied</Code></E>" : answer).utf8)
            )
        }
    }
}
