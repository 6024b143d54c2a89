import RDSIAMBasics
import RDSIAMSystem
import Testing

@testable import AWSCredentialSources

/// Texts that Swift takes for equal although AWS and the operating system tell them apart.
@Suite(.timeLimit(.minutes(2))) struct ByteTests {
    /// The composed and the decomposed form of "é"; the Kelvin sign is canonically a "K", and its lowercase is a "k".
    private static let twins = [("\u{E9}", "e\u{301}"), ("K", "\u{212A}"), ("a\0", "a")]

    private func context(_ environment: [String: String], config: String = "") -> CredentialContext {
        .test(environment, files: MemoryFileStore(["/home/me/.aws/config": config]))
    }

    private static func keys(_ name: String) -> String {
        "[\(name)]\naws_access_key_id = A\naws_secret_access_key = S\n"
    }

    @Test("a profile is found by its bytes alone", arguments: ["\u{212A}ey", "Key\u{301}", "Key\0", "ſey"])
    func profileNames(_ name: String) async throws {
        let context = context([:], config: Self.keys("profile Key") + Self.keys("profile sey"))
        #expect(try await ProfileCredentialSource("Key", context: context).credentials().accessKeyID == "A")
        let error = await #expect(throws: AWSCredentialError.self) {
            try await ProfileCredentialSource(name, context: context).credentials()
        }
        #expect(error?.code == .invalidConfiguration)
    }

    @Test("a section whose name holds a lookalike is another section")
    func sectionNames() throws {
        var configuration = SharedConfiguration()
        let text = ["profile \u{212A}", "profile \u{E9}", "profile a\0", "\u{17F}so-session x"].map(Self.keys)
        configuration.addConfig(Array(text.joined().utf8), file: "config")
        #expect(Set(configuration.all(.profile).keys) == ["\u{212A}", "\u{E9}", "a\0"])
        for name in ["K", "e\u{301}", "a"] { #expect(try configuration.section(.profile, name) == nil) }
        #expect(configuration.all(.ssoSession).isEmpty)
        #expect(configuration.warnings.count == 1)
    }

    @Test("a property whose name holds a lookalike is not the property")
    func propertyNames() throws {
        var configuration = SharedConfiguration()
        let text =
            "[profile p]\naws_access_\u{212A}ey_id = A\n\u{17F}so_session = s\nregion\0 = r\nAWS_ACCOUNT_ID = 1\n"
        configuration.addConfig(Array(text.utf8), file: "config")
        let profile = try #require(try configuration.section(.profile, "p"))
        #expect(profile.properties.keys.map(\.string) == ["aws_account_id"])
        #expect(configuration.warnings.count == 3)
    }

    @Test("combining marks hide no separator of a property")
    func separators() throws {
        var configuration = SharedConfiguration()
        configuration.addConfig(
            Array("[profile p]\nregion =\u{301}x\nservices = \n nested\u{301}=\u{301}y\n".utf8),
            file: "c"
        )
        let profile = try #require(try configuration.section(.profile, "p"))
        #expect(profile.value("region") == "\u{301}x")
        #expect(profile.value("nested\u{301}", below: "services") == "\u{301}y")
    }

    @Test(
        "a source_profile or an sso_session leads to its own bytes alone",
        arguments: ["\u{212A}", "K\u{301}", "K\0"]
    )
    func references(_ name: String) async throws {
        let role = "[profile p]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = \(name)\n" + Self.keys("profile K")
        let sso = """
            [profile p]
            sso_session = \(name)
            sso_account_id = 1
            sso_role_name = r
            [sso-session K]
            sso_region = eu-west-1
            sso_start_url = https://x.example
            """
        for config in [role, sso] {
            let source = ProfileCredentialSource("p", context: context([:], config: config))
            let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
            #expect(error?.code == .invalidConfiguration)
            #expect(error?.message.contains("does not exist") == true)
        }
    }

    @Test("a start URL that differs in its bytes contradicts the session", arguments: [("\u{E9}", "e\u{301}")])
    func startURLs(_ own: String, _ sessions: String) async throws {
        let config = """
            [profile p]
            sso_session = s
            sso_account_id = 1
            sso_role_name = r
            sso_start_url = https://\(own).example
            [sso-session s]
            sso_region = eu-west-1
            sso_start_url = https://\(sessions).example
            """
        let source = ProfileCredentialSource("p", context: context([:], config: config))
        let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
        #expect(error?.message.contains("differ in sso_start_url") == true)
    }

    @Test("a sign-in file is named after the session's bytes")
    func cacheKeys() throws {
        #expect(try FileNameDigest.sha1("\u{E9}") != FileNameDigest.sha1("e\u{301}"))
        #expect(try FileNameDigest.sha256("\u{E9}") != FileNameDigest.sha256("e\u{301}"))
        #expect(try FileNameDigest.sha1("a\0b") != FileNameDigest.sha1("a"))
        // The values that `sha1sum` and `sha256sum` print for "corp" and "me".
        #expect(try FileNameDigest.sha1("corp") == "ee0bfd2552fbd840c02cc48b6e823320543c450f")
        let me = "2744ccd10c7533bd736ad890f9dd5cab2adb27b07d500b9493f29cdc420cb2e0"
        #expect(try FileNameDigest.sha256("me") == me)
    }

    @Test("attempts at two files whose names are twins are two attempts")
    func attempts() {
        let memory = AttemptMemory()
        let now = Date(timeIntervalSince1970: 0)
        #expect(memory.mayTry("\u{E9}", at: now, every: 30))
        #expect(memory.mayTry("e\u{301}", at: now, every: 30))
        #expect(!memory.mayTry("\u{E9}", at: now, every: 30))
    }

    @Test("an environment variable is found by its bytes alone")
    func variables() async throws {
        let lookalike = context(["AWS_ACCESS_\u{212A}EY_ID": "A", "AWS_SECRET_ACCESS_\u{212A}EY": "S"])
        #expect(lookalike.variable("AWS_ACCESS_KEY_ID") == nil)
        let error = await #expect(throws: AWSCredentialError.self) {
            try await EnvironmentCredentialSource(context: lookalike).credentials()
        }
        #expect(error?.code == .notConfigured)
        #expect(context(["AWS_ACCESS_KEY_ID": "A"]).variable("AWS_ACCESS_KEY_ID") == "A")
    }

    @Test("a switch is on in any case of ASCII, and a combining mark is no white space")
    func switches() {
        #expect(context(["X": " TRUE "]).isOn("X"))
        #expect(!context(["X": "true\u{301}"]).isOn("X"))
        #expect(context(["X": " \u{301}"]).variable("X") == " \u{301}")
        #expect(context(["X": " \t\u{A0}\u{3000}"]).variable("X") == nil)
        #expect(" \u{301}x ".trimmed == "\u{301}x")
    }

    @Test("the home directory stands for ~/ whatever follows")
    func home() {
        #expect(context([:]).expandingHome("~/\u{301}x").map(ByteText.init(_:)) == ByteText("/home/me/\u{301}x"))
        #expect(context([:]).expandingHome("~\u{301}/x").map(ByteText.init(_:)) == ByteText("~\u{301}/x"))
        #expect(context([:]).expandingHome("~") == "/home/me")
    }

    @Test(
        "a secret's file loses one line end, and nothing else",
        arguments: [
            ("\u{E9}\n", "\u{E9}"), ("e\u{301}\r\n", "e\u{301}"), ("t\n\n", "t\n"), ("t\n\u{301}", "t\n\u{301}"),
            ("t\r", "t\r"),
        ]
    )
    func secretFiles(_ contents: String, _ text: String) async throws {
        let context = CredentialContext.test(files: MemoryFileStore(["/t": contents]))
        let found = try await context.secret(in: "/t", what: "The file")
        #expect(Array(found.utf8) == Array(text.utf8))
    }

    @Test("a region belongs to a partition by its bytes", arguments: ["cn\u{301}-x", "\u{441}n-north-1", "CN-north-1"])
    func partitions(_ region: String) {
        #expect(Partition(region: region) == .aws)
        #expect(Partition(region: "cn-\u{301}").id == "aws-cn")
        #expect(Partition(arn: "arn:\u{301}aws-cn:iam::1:role/r") == .aws)
        #expect(Partition(arn: "arn:aws-cn:\u{301}iam::1:role/r").id == "aws-cn")
    }

    @Test("a region that is not ASCII names no host", arguments: ["eu-\u{212A}", "eu-\u{E9}", "eu\0", "e\u{301}u"])
    func regions(_ region: String) async throws {
        let settings = EndpointSettings(context: context([:]))
        #expect(throws: AWSCredentialError.self) { try settings.endpoint(of: .sts, region: region) }
    }

    @Test("a name for what is looked up in the configuration is not folded beyond ASCII")
    func credentialSource() async throws {
        // U+017F is a long s; its uppercase is S.
        let config = "[profile p]\nrole_arn = arn:aws:iam::1:role/r\ncredential_source = Ec\u{17F}Container\n"
        let source = ProfileCredentialSource("p", context: context([:], config: config))
        let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
        #expect(error?.message.contains("unknown credential_source") == true)
    }

    @Test("an element of an answer is found by its bytes, and its entities whatever follows them")
    func xml() {
        #expect(XMLTexts(Array("<R><Access\u{212A}eyId>A</Access\u{212A}eyId></R>".utf8))?["AccessKeyId"] == nil)
        #expect(
            XMLTexts(Array("<R><A>&amp;\u{301}&lt;</A></R>".utf8))?["A"].map { Array($0.utf8) }
                == Array("&\u{301}<".utf8)
        )
    }

    @Test("a document's member is found by its bytes")
    func json() {
        let text = #"{"Access\u212AeyId":"A","SecretAccess\u212Aey":"S"}"#
        let members = JSONValue.object(Array(text.utf8)) ?? [:]
        #expect(members.count == 2)
        let error = #expect(throws: AWSCredentialError.self) {
            try CredentialDocument(members: members, name: "It").credentials(.init(source: .process))
        }
        #expect(error?.message == "It has no AccessKeyId.")
    }

    @Test("an error code of a service is cut at its separators, whatever follows them")
    func errorCodes() {
        let response = CredentialHTTPResponse(
            status: 400,
            headers: [("X-Amzn-ErrorType", "com.amazon#AccessDenied:\u{301}http://x")]
        )
        #expect(ServiceError(response).code == "AccessDenied")
        let kelvin = CredentialHTTPResponse(status: 400, headers: [("x-amzn-errortype", "Bad\u{212A}ey")])
        #expect(ServiceError(kelvin).code == nil)
    }

    @Test("an ARN's account is its fifth part, whatever follows the colons")
    func accounts() async throws {
        let answer = """
            <R><AccessKeyId>A</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken>\
            <Expiration>2030-01-01T00:00:00Z</Expiration><Arn>arn:aws:sts::123:\u{301}assumed-role/r/s</Arn></R>
            """
        let context = CredentialContext.test(http: RecordingHTTP(answer: answer))
        let role = AssumedRole(arn: "arn:aws:iam::9:role/r")
        let base = AWSCredentials(accessKeyID: "A", secretAccessKey: "S")
        let client = STSClient(region: "us-east-1", context: context)
        #expect(try await client.assumeRole(role, as: base).accountID == "123")
    }

    @Test("values that differ in their bytes differ", arguments: twins)
    func equality(_ one: String, _ other: String) {
        func credentials(_ id: String, _ secret: String, _ token: String, _ profile: String) -> AWSCredentials {
            AWSCredentials(
                accessKeyID: id,
                secretAccessKey: secret,
                sessionToken: token,
                provenance: .init(source: .profile, profile: profile)
            )
        }
        let all = [
            credentials(one, one, one, one), credentials(other, one, one, one), credentials(one, other, one, one),
            credentials(one, one, other, one), credentials(one, one, one, other),
        ]
        for (index, one) in all.enumerated() { #expect(!all[(index + 1)...].contains(one)) }
        #expect(credentials(one, one, one, one) == all[0])
        #expect(AWSCredentialSourceKind(rawValue: one) != AWSCredentialSourceKind(rawValue: other))
    }

    @Test("only the refused key's own bytes invalidate it", arguments: twins)
    func invalidation(_ one: String, _ other: String) async throws {
        let clock = TestClock()
        let source = ScriptedSource(.container, clock: clock, answer: .keys(one, lifetime: 3600))
        let cache = RefreshingCredentialSource(source, context: .test(clock: clock))
        _ = try await cache.credentials()
        cache.invalidate(accessKeyID: other)
        _ = try await cache.credentials()
        #expect(source.fetches == 1)
        cache.invalidate(accessKeyID: one)
        _ = try await cache.credentials()
        #expect(source.fetches == 2)
    }

    @Test("an address with a NUL is no address")
    func addresses() {
        #expect(IPAddress("127.0.0.1\0.example") == nil)
        #expect(IPAddress("127.0.0.1") != nil)
    }

    @Test("a mark after the question mark does not make the query print")
    func printing() {
        var dumped = ""
        dump(CredentialHTTPRequest(url: "https://x/?\u{301}hidden"), to: &dumped)
        #expect(!dumped.contains("hidden"))
    }

    #if AsyncHTTPClient
    @Test("a proxy's login is taken apart by bytes, and lookalikes have connections of their own")
    func proxies() throws {
        let proxy = try #require(AsyncHTTPCredentialClient.Proxy("http://me:\u{301}pw@p:1"))
        #expect(proxy.user == "me")
        #expect(proxy.password.map { Array($0.utf8) } == Array("\u{301}pw".utf8))
        let one = AsyncHTTPCredentialClient.Proxy(host: "p", port: 1, user: "me", password: "\u{E9}")
        let other = AsyncHTTPCredentialClient.Proxy(host: "p", port: 1, user: "me", password: "e\u{301}")
        #expect(Set([one, other]).count == 2)
    }

    @Test(
        "a lookalike in NO_PROXY exempts no host",
        arguments: ["\u{212A}.example", "k\u{301}.example", "k.example\0"]
    )
    func noProxy(_ list: String) throws {
        let proxies = ProxyEnvironment(["HTTPS_PROXY": "http://p:1", "NO_PROXY": list])
        #expect(try proxies.proxy(for: "https://k.example/") != nil)
        let comma = ProxyEnvironment(["HTTPS_PROXY": "http://p:1", "NO_PROXY": "x,\u{301}y,k.example"])
        #expect(try comma.proxy(for: "https://k.example/") == nil)
    }
    #endif
}
