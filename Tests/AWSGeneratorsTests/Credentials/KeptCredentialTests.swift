import AWSCredentialSources
import AWSGenerators
import AuthTokens
import AuthTokensTesting
import Foundation
import Synchronization
import Testing

/// How often credentials are asked for while their cached tokens are returned again and again.
@Suite(.timeLimit(.minutes(2)))
struct KeptCredentialTests {
    private let clock = ManualClock(now: TestWorld.now)

    private func issuer(
        _ credentials: any AWSCredentialSource,
        sources: AWSCredentialSourceRegistry? = nil,
        context: CredentialContext? = nil
    ) -> TokenIssuer {
        let context = context ?? self.context()
        let sources = sources ?? AWSCredentialSourceRegistry(context: context)
        let generators = AuthTokenGeneratorRegistry(defaults: [
            ("g", { RDSGenerator(credentials: credentials, sources: sources, context: context) })
        ])
        return TokenIssuer(generators: generators, clock: clock.tokenClock)
    }

    /// A context that goes by the clock of the test.
    private func context(_ environment: [String: String] = [:], files: ConfigFile? = nil) -> CredentialContext {
        var context = CredentialContext.bare(environment, files: files)
        let clock = clock
        context.now = { clock.now }
        context.uptime = { clock.uptime }
        context.random = { 0.5 }
        return context
    }

    @Test("A source that states an end is asked once, and again in time, even if it is not wrapped in a refreshing one")
    func network() async throws {
        let clock = clock
        let counter = Mutex(0)
        let source = CustomCredentialSource(.instanceMetadata) {
            let count = counter.withLock { count in
                count += 1
                return count
            }
            return AWSCredentials(
                accessKeyID: "ASIA\(count)",
                secretAccessKey: "topSecretKey",
                expiration: clock.now + 6 * 3600,
                provenance: .init(source: .instanceMetadata)
            )
        }
        let issuer = issuer(source)
        for _ in 0..<50 {
            #expect(try await key(issuer) == "ASIA1")
            clock.advance(by: .seconds(60))
        }
        #expect(counter.withLock { $0 } == 1)
        // The last hour is the time to renew credentials for six.
        clock.advance(by: .seconds(5 * 3600 - 3000))
        for _ in 0..<10 { #expect(try await key(issuer) == "ASIA2") }
        #expect(counter.withLock { $0 } == 2)
    }

    @Test("Rotated keys of a source that states no end count after five minutes, or once a server refuses the old ones")
    func closure() async throws {
        let current = Mutex("AKIA1")
        let source = CustomCredentialSource {
            AWSCredentials(accessKeyID: current.withLock { $0 }, secretAccessKey: "topSecretKey")
        }
        let issuer = issuer(source)
        #expect(try await key(issuer) == "AKIA1")
        current.withLock { $0 = "AKIA2" }
        #expect(try await key(issuer) == "AKIA1")
        issuer.invalidate(try await issuer.token(from: "g", for: TestWorld.request()))
        #expect(try await key(issuer) == "AKIA2")
        current.withLock { $0 = "AKIA3" }
        clock.advance(by: .seconds(301))
        #expect(try await key(issuer) == "AKIA3")
    }

    @Test("A refreshing source is asked again if a server refuses its credentials, but at most every ten seconds")
    func refusal() async throws {
        let counter = Mutex(0)
        let source = CustomCredentialSource {
            let count = counter.withLock { count in
                count += 1
                return count
            }
            return AWSCredentials(accessKeyID: "AKIA\(count)", secretAccessKey: "topSecretKey")
        }
        let issuer = issuer(RefreshingCredentialSource(source, context: context()))
        for _ in 0..<3 { #expect(try await key(issuer) == "AKIA1") }
        issuer.invalidate(try await issuer.token(from: "g", for: TestWorld.request()))
        #expect(try await key(issuer) == "AKIA2")
        for _ in 0..<8 {
            issuer.invalidate(try await issuer.token(from: "g", for: TestWorld.request()))
            // Within the same second, the issuer waits for the next one: the same token would come again.
            clock.advance(by: .seconds(1))
        }
        #expect(try await key(issuer) == "AKIA2")
        clock.advance(by: .seconds(10))
        issuer.invalidate(try await issuer.token(from: "g", for: TestWorld.request()))
        #expect(try await key(issuer) == "AKIA3")
    }

    @Test("The pause after a refusal is one of the user whose token was refused, not of the source")
    func pausePerUser() async throws {
        let counter = Mutex(0)
        let source = CustomCredentialSource {
            let count = counter.withLock { count in
                count += 1
                return count
            }
            // The same key, so that refusals of two users are about the same credentials.
            return AWSCredentials(accessKeyID: "AKIA", secretAccessKey: "topSecretKey\(count)")
        }
        let generator = RDSGenerator(credentials: source, context: context())
        let requests = ["app", "e\u{301}", "\u{E9}"].map { TestWorld.request(user: $0) }
        let token = try await generator.token(for: requests[0])
        for (index, request) in requests.enumerated() {
            for _ in 0..<3 {
                generator.tokenWasRefused(token, for: request)
                _ = try await generator.token(for: request)
            }
            #expect(counter.withLock { $0 } == index + 2)
        }
        clock.advance(by: .seconds(10))
        generator.tokenWasRefused(token, for: requests[0])
        _ = try await generator.token(for: requests[0])
        #expect(counter.withLock { $0 } == 5)
    }

    @Test(
        "A source that a connection string names is asked again if a server refuses its credentials",
        arguments: [
            ["aws_rds_iam_credentials": "profile"], ["aws_rds_iam_credentials": "default"],
            ["aws_rds_iam_profile": "default"],
            ["aws_rds_iam_profile": "default", "aws_rds_iam_credentials": "profile"],
        ]
    )
    func namedRefusal(_ parameters: [String: String]) async throws {
        let file = ConfigFile()
        let issuer = issuer(
            TestWorld.source(),
            sources: AWSCredentialSourceRegistry(context: context(files: file))
        )
        let request = TestWorld.request(parameters)
        let first = try await issuer.token(from: "g", for: request)
        #expect(first.token.credential?.accessKeyID == "AKIAFILE")
        file.rewrite("[default]\naws_access_key_id = AKIANEW\naws_secret_access_key = topSecretNew")
        #expect(try await issuer.token(from: "g", for: request).isFromCache)
        issuer.invalidate(first)
        #expect(try await issuer.token(from: "g", for: request).token.credential?.accessKeyID == "AKIANEW")
    }

    @Test("A name that gets another source changes the next token")
    func replacedName() async throws {
        let sources = AWSCredentialSourceRegistry(context: context())
        let issuer = issuer(TestWorld.source(), sources: sources)
        let request = TestWorld.request(["aws_rds_iam_credentials": "house"])
        for name in ["AKIAONE", "AKIATWO"] {
            try sources.add("house", replacing: true) {
                .static(AWSCredentials(accessKeyID: name, secretAccessKey: "topSecretKey"))
            }
            #expect(try await issuer.token(from: "g", for: request).token.credential?.accessKeyID == name)
            #expect(try await issuer.token(from: "g", for: request).isFromCache)
        }
    }

    @Test("The region of the configuration is looked at again every few seconds, and changes the next token")
    func region() async throws {
        let file = ConfigFile("[default]\nregion = aa-test-1")
        let context = context(files: file)
        let issuer = issuer(TestWorld.source(), context: context)
        let request = TestWorld.request(host: "db.example.com")
        let first = try await issuer.token(from: "g", for: request)
        #expect(first.token.region == "aa-test-1")
        file.rewrite("[default]\nregion = bb-test-1")
        clock.advance(by: .seconds(6))
        let second = try await issuer.token(from: "g", for: request)
        #expect(second.token.region == "bb-test-1")
        #expect(try await issuer.token(from: "g", for: request).token == second.token)
    }

    private func key(_ issuer: TokenIssuer) async throws -> String? {
        try await issuer.token(from: "g", for: TestWorld.request()).token.credential?.accessKeyID
    }
}
