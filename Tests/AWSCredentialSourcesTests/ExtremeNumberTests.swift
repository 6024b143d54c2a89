import RDSIAMBasics
import RDSIAMSystem
import Synchronization
import Testing

@testable import AWSCredentialSources

/// Clocks, random numbers and documents that answer what no calendar holds.
@Suite(.timeLimit(.minutes(2))) struct ExtremeNumberTests {
    static let seconds: [Double] = [
        1e19, -1e19, .infinity, -.infinity, .nan, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e300, 0, -1,
    ]

    private static let home = "/home/me/.aws"
    private static let keys = "aws_access_key_id = A\naws_secret_access_key = S\n"
    /// The names are the SHA-1 of `corp` and the SHA-256 of `me`.
    private static let ssoFile = "\(home)/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json"
    private static let loginFile =
        "\(home)/login/cache/2744ccd10c7533bd736ad890f9dd5cab2adb27b07d500b9493f29cdc420cb2e0.json"

    private func files() throws -> MemoryFileStore {
        let key = try String(contentsOf: Fixtures.folder.appendingPathComponent("dpop-key.pem"), encoding: .utf8)
        let login = JSONValue.object([
            "accessToken": .object([
                "accessKeyId": .string("A"), "secretAccessKey": .string("S"), "sessionToken": .string("T"),
                "expiresAt": .string("1970-01-01T00:00:00Z"),
            ]),
            "refreshToken": .string("R"), "clientId": .string("C"), "dpopKey": .string(key),
        ])
        return MemoryFileStore([
            "/t": "T",
            Self.loginFile: String(decoding: try JSONValue.encode(login), as: UTF8.self),
            Self.ssoFile: """
            {"accessToken":"T","expiresAt":"1970-01-01T00:00:00Z","clientId":"c","clientSecret":"s","refreshToken":"r",
             "registrationExpiresAt":"9999-12-31T23:59:59Z"}
            """,
            "\(Self.home)/config": """
            [default]
            \(Self.keys)
            [profile role]
            role_arn = arn:aws:iam::1:role/r
            source_profile = default
            region = us-east-1
            [profile login]
            login_session = me
            region = us-east-1
            [profile sso]
            sso_session = corp
            sso_account_id = 1
            sso_role_name = r
            [sso-session corp]
            sso_start_url = https://x.example
            sso_region = eu-west-1
            """,
        ])
    }

    /// Answers every service, with numbers that a test chooses.
    private func http(
        life: String = "900",
        end: String = "2026-01-02T04:04:05Z",
        milliseconds: String = "1"
    ) -> RoutedHTTP {
        let document = #"{"Code":"Success","AccessKeyId":"A","SecretAccessKey":"S","Token":"T","Expiration":"\#(end)"}"#
        let sts = """
            <R><AccessKeyId>A</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken>\
            <Expiration>\(end)</Expiration></R>
            """
        return RoutedHTTP([
            "/latest/api/token": (200, "t"), "/security-credentials/": (200, "r"),
            "/security-credentials/r": (200, document),
            "/c": (200, document), "amazonaws.com/": (200, sts),
            "oidc.eu-west-1.amazonaws.com/token": (200, #"{"accessToken":"T","expiresIn":\#(life)}"#),
            "/v1/token": (
                200,
                #"{"accessToken":{"accessKeyId":"A","secretAccessKey":"S","sessionToken":"T"},"expiresIn":\#(life),"refreshToken":"R"}"#
            ),
            "role_name=r&account_id=1": (
                200,
                #"{"roleCredentials":{"accessKeyId":"A","secretAccessKey":"S","sessionToken":"T","expiration":\#(milliseconds)}}"#
            ),
        ])
    }

    private func context(_ http: RoutedHTTP, now: Double = 1_767_323_045) throws -> CredentialContext {
        var context = CredentialContext.test(
            [
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/c", "AWS_WEB_IDENTITY_TOKEN_FILE": "/t",
                "AWS_ROLE_ARN": "arn:aws:iam::1:role/r", "AWS_REGION": "us-east-1",
            ],
            files: try files(),
            http: http
        )
        context.now = { Date(timeIntervalSince1970: now) }
        context.uptime = { .zero }
        return context
    }

    private func sources(_ context: CredentialContext) -> [any AWSCredentialSource] {
        var withExpiry = context
        withExpiry.environment = [
            "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_CREDENTIAL_EXPIRATION": "9999-12-31T23:59:59Z",
        ]
        return [
            EnvironmentCredentialSource(context: withExpiry), WebIdentityCredentialSource(context: context),
            ContainerCredentialSource(context: context), InstanceMetadataCredentialSource(context: context),
        ] + ["default", "role", "login", "sso"].map { ProfileCredentialSource($0, context: context) }
    }

    @Test("no source, cache or chain traps on a clock that answers any number", arguments: seconds)
    func clocks(_ now: Double) async throws {
        let context = try context(http(), now: now)
        for source in sources(context) {
            let outcome = await outcome(of: source)
            #expect(!outcome.isEmpty)
            let cache = RefreshingCredentialSource(source, context: context)
            for lifetime in [0, 900, 1e300] {
                #expect(await !self.outcome(of: cache, lifetime: lifetime).isEmpty)
            }
        }
        #expect(await !outcome(of: AWSCredentialChain.default(context: context)).isEmpty)
    }

    /// What came of asking, printed: printing dates and durations is part of what must not trap.
    private func outcome(of source: any AWSCredentialSource, lifetime: Double? = nil) async -> String {
        do {
            let credentials =
                if let lifetime { try await source.credentials(validFor: lifetime) } else {
                    try await source.credentials()
                }
            return "\(credentials)"
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "a signature is made for the nearest time that there is",
        arguments: [(1e19, "99991231T235959Z"), (.nan, "19700101T000000Z")]
    )
    func signatures(_ now: Double, _ date: String) async throws {
        let http = RecordingHTTP(status: 403)
        var context = try context(self.http(), now: now)
        context.http = http
        let keys = AWSCredentials(accessKeyID: "A", secretAccessKey: "S")
        await #expect(throws: AWSCredentialError.self) {
            try await STSClient(region: "us-east-1", context: context).callerIdentity(of: keys)
        }
        #expect(http.requests.first?.headers.first { $0.name == "x-amz-date" }?.value == date)
        await #expect(throws: AWSCredentialError.self) {
            let service = AWSService("secretsmanager", settingName: "SECRETS_MANAGER")
            let format = AWSServiceCall.Format.json(target: "secretsmanager")
            let call = AWSServiceCall(service, "Get", format: format, region: "us-east-1", context: context)
            _ = try await call.answer(to: [], signedBy: keys)
        }
        #expect(http.requests.last?.headers.first { $0.name == "x-amz-date" }?.value == date)
    }

    @Test("credentials with any number for an end print", arguments: seconds)
    func printing(_ end: Double) {
        let credentials = AWSCredentials(
            accessKeyID: "A",
            secretAccessKey: "S",
            expiration: Date(timeIntervalSince1970: end)
        )
        #expect("\(credentials)".contains("expires"))
    }

    @Test("random numbers out of range make no pause longer than the rules say", arguments: seconds + [1, 2, 0.5])
    func dice(_ number: Double) async throws {
        let pauses = Mutex<[Duration]>([])
        var context = try context(RoutedHTTP(["/c": (503, "")]))
        context.random = { number }
        context.sleep = { pause in pauses.withLock { $0.append(pause) } }
        await #expect(throws: AWSCredentialError.self) {
            try await ContainerCredentialSource(context: context).credentials()
        }
        #expect(pauses.withLock { $0.count } == 2)
        #expect(pauses.withLock { $0.allSatisfy { (.zero...(.seconds(2))).contains($0) } })
        let login = try self.context(http())
        var crooked = login
        crooked.random = { number }
        _ = try await ProfileCredentialSource("login", context: crooked).credentials()
    }

    @Test(
        "an uptime that jumps anywhere traps no call",
        arguments: [Int128.max, .min, 0, 1, -1].flatMap { from in [Int128.max, .min, 0].map { [from, $0] } }
    )
    func uptimes(_ readings: [Int128]) async throws {
        let count = Mutex(0)
        var context = try context(RoutedHTTP(["/c": (503, "")]))
        context.sleep = { _ in }
        context.uptime = {
            let index = count.withLock { count in
                count += 1
                return count
            }
            return Duration(attoseconds: readings[index % 2])
        }
        let chain = AWSCredentialChain([ContainerCredentialSource(context: context)], context: context)
        let error = await #expect(throws: AWSCredentialError.self) { try await chain.credentials() }
        #expect(error?.code == .serviceUnavailable)
        #expect(error?.trail.allSatisfy { "\($0)".contains("ms") } == true && error?.trail.isEmpty == false)
    }

    @Test(
        "a life that no number holds is no answer, any other is taken",
        arguments: [
            ("1e300", false), ("1e999", false), ("\"900\"", false), ("null", false), ("900.4", true), ("-1", false),
            ("0", true),
            ("9223372036854775807", true), ("-9223372036854775808", false), ("9223372036854775808", false),
        ]
    )
    func lives(_ life: String, _ isTaken: Bool) async throws {
        for profile in ["login", "sso"] {
            let context = try context(http(life: life))
            let source = ProfileCredentialSource(profile, context: context)
            if isTaken {
                let credentials = try await source.credentials()
                #expect(credentials.accessKeyID == "A" && !"\(credentials)".isEmpty)
            } else {
                let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
                #expect(error?.code == .invalidResponse)
            }
        }
    }

    @Test(
        "an end in milliseconds may be anything",
        arguments: ["-1", "0", "9223372036854775807", "-9223372036854775808", "1e18"]
    )
    func milliseconds(_ number: String) async throws {
        let context = try context(http(milliseconds: number))
        let credentials = try await ProfileCredentialSource("sso", context: context).credentials()
        #expect("\(credentials)".contains("expires"))
        let cache = RefreshingCredentialSource(.static(credentials), context: context)
        #expect(await !outcome(of: cache, lifetime: 900).isEmpty)
    }

    @Test(
        "an end that is no time of the calendar is no answer",
        arguments: [
            "999999-01-01T00:00:00Z", "+99999-01-01T00:00:00Z", "-2026-01-01T00:00:00Z", "1e300",
            "2026-02-30T00:00:00Z",
        ]
    )
    func ends(_ end: String) async throws {
        let context = try context(http(end: end))
        let sources: [any AWSCredentialSource] = [
            WebIdentityCredentialSource(context: context), ContainerCredentialSource(context: context),
            InstanceMetadataCredentialSource(context: context), ProfileCredentialSource("role", context: context),
        ]
        for source in sources {
            let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
            #expect(error?.code == .invalidResponse)
        }
    }
}
