import AWSCredentialSources
import AWSGenerators
import AWSSigV4
import AuthTokens
import Testing

/// AWS compares bytes, while Swift's `==`, `hash`, `lowercased()` and `split` go by Unicode.
@Suite("Names in a request are bytes", .timeLimit(.minutes(1)))
struct TextAsBytesTests {
    static let composed = "\u{E9}"
    static let decomposed = "e\u{301}"

    @Test("A host is lowercased by its ASCII letters alone")
    func lowercasing() throws {
        let endpoint = try SigningEndpoint(of: TestWorld.request(host: "DB-\u{212A}\u{17F}.Example.com"))
        #expect(Array(endpoint.host.utf8) == Array("db-\u{212A}\u{17F}.example.com".utf8))
    }

    /// By Unicode, the first would be signed for `kb.…`, another host.
    @Test(
        "A host that only looks like ASCII is refused",
        arguments: [
            "\u{212A}b", "db\u{17F}", "e\u{301}", "\u{E9}", "db\0", "db\u{301}", "\u{600}",
        ]
    )
    func lookalikes(label: String) async throws {
        let host = "\(label).abc123.eu-west-2.rds.amazonaws.com"
        let error = try await #require(throws: SigV4Error.self) {
            try await TestWorld.generator().token(for: TestWorld.request(host: host))
        }
        #expect(error.code == .invalidHost)
    }

    @Test(
        "A name that only looks like RDS's tells no region",
        arguments: [
            "db.abc123.eu-west-2.rd\u{17F}.amazonaws.com", "db.abc123.eu-we\u{17F}t-2.rds.amazonaws.com",
            "db.abc123.eu-isoe-west-1.rds.cloud.adc-e.u\u{212A}", "db.abc\u{212A}123.eu-west-2.rds.amazonaws.com",
            "db.abc123.eu-west-2.rds.\u{301}amazonaws.com", "db.cluster-\u{301}abc123.eu-west-2.rds.amazonaws.com",
            "db.abc123.eu-west-2\0.rds.amazonaws.com", "db.abc123.eu-west-2.rds.amazonaws.com\u{600}.",
        ]
    )
    func hostNames(host: String) {
        #expect(RDSHostName(host) == nil)
    }

    /// A letter that combines with what follows must not take the label before it along when the final dot is removed.
    @Test("Only the final dot is removed from a host")
    func finalDot() throws {
        let endpoint = try SigningEndpoint(of: TestWorld.request(host: "db.example\u{600}."))
        #expect(Array(endpoint.host.utf8) == Array("db.example\u{600}".utf8))
    }

    @Test(
        "A path of a local socket stays one, whatever mark follows the slash",
        arguments: ["/\u{301}tmp", "@\u{301}x"]
    )
    func sockets(host: String) {
        let error = #expect(throws: AWSGeneratorError.self) {
            try SigningEndpoint(of: TestWorld.request(host: host))
        }
        #expect(error?.code == .unsignableHost)
    }

    @Test("Endpoints and regions are equal if their bytes are")
    func equality() async throws {
        let hosts = ["\(Self.composed).example.com", "\(Self.decomposed).example.com"]
        let endpoints = try hosts.map { try SigningEndpoint(of: TestWorld.request(host: $0)) }
        #expect(Set(endpoints + endpoints).count == 2)
        var regions: Set<SigningRegion> = []
        for region in [Self.composed, Self.decomposed] {
            let request = TestWorld.request(["aws_rds_iam_region": region])
            regions.insert(try await TestWorld.generator().signingRegion(for: request))
        }
        #expect(regions.count == 2)
    }

    @Test("The database user keeps its bytes", arguments: [(composed, "%C3%A9"), (decomposed, "e%CC%81")])
    func users(user: String, encoded: String) async throws {
        let token = try await TestWorld.generator().token(for: TestWorld.request(user: user))
        #expect(parameter("DBUser", of: token) == encoded)
    }

    /// To Swift, the Kelvin sign equals the K, so a cached answer for one profile could serve the other.
    @Test("A profile has neither the credentials nor the region of one that only looks like it")
    func profiles() async throws {
        let file = ConfigFile(
            "[profile K]\naws_access_key_id = AKIAK\naws_secret_access_key = topSecretK\nregion = kk-test-1"
        )
        let context = CredentialContext.bare(files: file)
        let generator = RDSGenerator(
            credentials: TestWorld.source(),
            sources: AWSCredentialSourceRegistry(context: context),
            context: context
        )
        for host in ["db.example.com", TestWorld.host] {
            for source in [nil, "profile"] {
                var parameters = ["aws_rds_iam_profile": "K"]
                parameters["aws_rds_iam_credentials"] = source
                let token = try await generator.token(for: TestWorld.request(host: host, parameters))
                #expect(token.credential?.accessKeyID == "AKIAK")
                parameters["aws_rds_iam_profile"] = "\u{212A}"
                let request = TestWorld.request(host: host, parameters)
                await #expect(throws: (any Error).self) { try await generator.token(for: request) }
            }
        }
    }

    @Test("Roles whose names differ in bytes are assumed one by one")
    func roles() async throws {
        let calls = STSDouble()
        let keys = ["AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "topSecretEnv"]
        let generator = RDSGenerator(
            credentials: TestWorld.source(),
            sources: AWSCredentialSourceRegistry(context: .bare(keys, http: calls)),
            context: .bare()
        )
        for (name, key) in [
            (Self.composed, "ASIAROLE1"), (Self.decomposed, "ASIAROLE2"), (Self.composed, "ASIAROLE1"),
        ] {
            let request = TestWorld.request(["aws_rds_iam_role_arn": "arn:aws:iam::111122223333:role/\(name)"])
            #expect(try await generator.token(for: request).credential?.accessKeyID == key)
        }
        #expect(calls.bodies.count == 2)
    }
}
