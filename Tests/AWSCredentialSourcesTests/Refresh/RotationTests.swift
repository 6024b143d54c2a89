import Foundation
import Synchronization
import TestSupport
import Testing

@testable import AWSCredentialSources

/// Files that other programs replace are read again.
@Suite(.timeLimit(.minutes(2))) struct RotationTests {
    private let clock = TestClock()

    private static let path = "/home/me/.aws/credentials"

    private func cache(_ files: any FileStore, _ environment: [String: String] = [:]) -> RefreshingCredentialSource {
        let context = CredentialContext.test(environment, files: files, clock: clock)
        return RefreshingCredentialSource(ProfileCredentialSource(context: context), context: context)
    }

    @Test("keys that are replaced in the file are seen a second later, without a refusal")
    func credentialsFile() async throws {
        let files = MemoryFileStore([Self.path: Self.profile("AKIDOLD")])
        let cache = cache(files)
        #expect(try await cache.credentials().accessKeyID == "AKIDOLD")
        #expect(cache.cachedCredentials()?.accessKeyID == "AKIDOLD")
        files.put(Self.path, Self.profile("AKIDNEW"))
        clock.advance(1)
        #expect(cache.cachedCredentials() == nil)
        #expect(try await cache.credentials(validFor: 900).accessKeyID == "AKIDNEW")
        #expect(cache.cachedCredentials()?.accessKeyID == "AKIDNEW")
    }

    @Test("each of several rotations in a row is seen")
    func rotations() async throws {
        let files = MemoryFileStore([Self.path: Self.profile("AKID0")])
        let cache = cache(files)
        for turn in 0..<5 {
            files.put(Self.path, Self.profile("AKID\(turn)"))
            clock.advance(1)
            #expect(try await cache.credentials().accessKeyID == "AKID\(turn)")
        }
    }

    @Test("a file that moves in from the other of the two places is seen", arguments: ["config", "credentials"])
    func otherFile(_ name: String) async throws {
        let files = MemoryFileStore([
            Self.path: Self.profile("AKIDOLD"), "/home/me/.aws/config": "[default]\nregion = eu-west-2\n",
        ])
        let cache = cache(files)
        _ = try await cache.credentials()
        files.put("/home/me/.aws/\(name)", name == "config" ? Self.profile("AKIDCONFIG") : nil)
        if name == "credentials" { files.put("/home/me/.aws/config", Self.profile("AKIDCONFIG")) }
        clock.advance(1)
        let expected = name == "config" ? "AKIDOLD" : "AKIDCONFIG"
        #expect(try await cache.credentials().accessKeyID == expected)
    }

    @Test(
        "the real file system tells a rename, a change in place and a removal",
        arguments: ["rename", "write", "remove"]
    )
    func realFiles(_ change: String) async throws {
        let directory = try TemporaryFolder()
        let path = directory.path("credentials")
        try Data(Self.profile("AKIDOLD").utf8).write(to: URL(filePath: path))
        let environment = ["AWS_SHARED_CREDENTIALS_FILE": path, "AWS_CONFIG_FILE": directory.path("config")]
        let files = PatientFileStore()
        let cache = cache(files, environment)
        #expect(try await cache.credentials().accessKeyID == "AKIDOLD")
        let old = try #require(files.stamp(of: path))
        // Times of files are as coarse as the system's clock tick.
        while files.stamp(of: path) == old {
            switch change {
            case "rename": try Data(Self.profile("AKIDNEW").utf8).write(to: URL(filePath: path), options: .atomic)
            case "write": try Data(Self.profile("AKIDNEW").utf8).write(to: URL(filePath: path))
            default: try FileManager.default.removeItem(atPath: path)
            }
        }
        clock.advance(1)
        #expect(cache.cachedCredentials() == nil)
        if change == "remove" {
            // What is cached is served as long as there is nothing better.
            #expect(try await cache.credentials().accessKeyID == "AKIDOLD")
        } else {
            #expect(try await cache.credentials().accessKeyID == "AKIDNEW")
        }
    }

    @Test("the file is looked at once a second at most")
    func looks() async throws {
        let files = MemoryFileStore([Self.path: Self.profile("AKID")])
        let cache = cache(files)
        _ = try await cache.credentials()
        _ = try await cache.credentials()
        let (looks, reads) = (files.stampReads, files.reads)
        for _ in 0..<100 { #expect(cache.cachedCredentials() != nil) }
        #expect(files.stampReads == looks && files.reads == reads)
        for _ in 0..<10 {
            clock.advance(1)
            for _ in 0..<10 { _ = try await cache.credentials() }
        }
        #expect(files.stampReads == looks + 10 * 2 && files.reads == reads)
    }

    @Test("files are looked at whatever the clock answers")
    func clocks() async throws {
        let files = MemoryFileStore([Self.path: Self.profile("AKID")])
        let uptime = Mutex(Duration.zero)
        var context = CredentialContext.test(files: files, clock: clock)
        context.uptime = { uptime.withLock(\.self) }
        let cache = RefreshingCredentialSource(ProfileCredentialSource(context: context), context: context)
        let chain = AWSRegionChain(context: context)
        for attoseconds in [0, .max, .min, -1, .max, .max - 1, .min, 0] as [Int128] {
            uptime.withLock { $0 = Duration(attoseconds: attoseconds) }
            #expect(try await cache.credentials().accessKeyID == "AKID")
            #expect(cache.cachedCredentials()?.accessKeyID == "AKID")
            #expect(try await chain.region() == nil && chain.cachedRegion() == nil)
        }
    }

    @Test("a file that is broken for a moment costs nothing, and is read once it is whole")
    func broken() async throws {
        let files = MemoryFileStore([Self.path: Self.profile("AKIDOLD")])
        let cache = cache(files)
        _ = try await cache.credentials()
        files.put(Self.path, "[default]\naws_access_key_id = AKIDNEW\naws_secret")
        clock.advance(1)
        #expect(try await cache.credentials().accessKeyID == "AKIDOLD")
        let reads = files.reads
        clock.advance(1)
        #expect(try await cache.credentials().accessKeyID == "AKIDOLD")
        #expect(files.reads == reads)
        files.put(Self.path, Self.profile("AKIDNEW"))
        clock.advance(1)
        #expect(try await cache.credentials().accessKeyID == "AKIDNEW")
    }

    @Test("without stamps a change is seen at the next fetch")
    func withoutStamps() async throws {
        let files = MemoryFileStore([Self.path: Self.profile("AKIDOLD")], hasStamps: false)
        let cache = cache(files)
        _ = try await cache.credentials()
        files.put(Self.path, Self.profile("AKIDNEW"))
        clock.advance(2)
        #expect(cache.cachedCredentials()?.accessKeyID == "AKIDOLD")
        clock.advance(299)
        #expect(try await cache.credentials().accessKeyID == "AKIDNEW")
    }

    @Test("a role with the keys of a file is assumed again with the new ones")
    func role() async throws {
        let config = "[default]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\nregion = us-east-1\n"
        let files = MemoryFileStore([
            "/home/me/.aws/config": config,
            Self.path: Self.profile("AKIDOLD").replacing("default", with: "base"),
        ])
        let http = RecordingHTTP(answer: Self.stsAnswer)
        let context = CredentialContext.test(files: files, http: http, clock: clock)
        let cache = RefreshingCredentialSource(AWSCredentialChain.default(context: context), context: context)
        _ = try await cache.credentials()
        files.put(Self.path, Self.profile("AKIDNEW").replacing("default", with: "base"))
        clock.advance(1)
        _ = try await cache.credentials()
        let signers = http.requests.compactMap { $0.headers.first { $0.name == "authorization" }?.value }
        #expect(signers.map { $0.contains("AKIDNEW") } == [false, true])
    }

    @Test("a cold start reads each file once")
    func coldStart() async throws {
        let files = MemoryFileStore()
        let context = CredentialContext.test(files: files, http: RoutedHTTP([:]), clock: clock)
        await #expect(throws: AWSCredentialError.self) {
            try await AWSCredentialChain.default(context: context).credentials()
        }
        #expect(try await AWSRegionChain(context: context).region() == nil)
        #expect(files.reads == 2)
    }

    @Test("a region is known from memory until its file changes")
    func region() async throws {
        let config = "/home/me/.aws/config"
        let files = MemoryFileStore([config: "[default]\nregion = eu-west-2\n"])
        let chain = AWSRegionChain(context: .test(files: files, clock: clock))
        #expect(chain.cachedRegion() == nil)
        #expect(try await chain.region() == "eu-west-2")
        let reads = files.reads
        #expect(chain.cachedRegion() == "eu-west-2")
        #expect(try await chain.region() == "eu-west-2")
        #expect(files.reads == reads)
        files.put(config, "[default]\nregion = eu-north-1\n")
        clock.advance(1)
        #expect(chain.cachedRegion() == nil)
        #expect(try await chain.region() == "eu-north-1")
        #expect(AWSRegionChain(context: .test(["AWS_REGION": "x-y-1"], files: files)).cachedRegion() == "x-y-1")
    }

    @Test("a key that is refused right after it was fetched is fetched again", arguments: [60.0, 3600.0, nil])
    func invalidated(_ lifetime: Double?) async throws {
        let source = ScriptedSource(.custom, clock: clock, answer: .keys("A", lifetime: lifetime))
        let cache = RefreshingCredentialSource(source, context: .test(clock: clock))
        _ = try await cache.credentials()
        source.answer(.keys("B", lifetime: lifetime))
        cache.invalidate(accessKeyID: "A")
        #expect(cache.cachedCredentials() == nil)
        #expect(try await cache.credentials().accessKeyID == "B")
        source.answer(.keys("C", lifetime: lifetime))
        cache.invalidate(accessKeyID: "A")
        #expect(try await cache.credentials().accessKeyID == "B")
        cache.invalidate(accessKeyID: "B")
        #expect(try await cache.credentials().accessKeyID == "C")
    }

    @Test("a key that is refused while it is fetched once more is fetched again")
    func invalidatedInFlight() async throws {
        let (began, go) = (AsyncStream<Void>.makeStream(), AsyncStream<Void>.makeStream())
        let source = ScriptedSource(.custom, clock: clock) {
            began.continuation.yield()
            for await _ in go.stream { break }
        }
        let cache = RefreshingCredentialSource(source, context: .test(clock: clock))
        async let first = cache.credentials()
        for await _ in began.stream { break }
        go.continuation.yield()
        _ = try await first
        cache.invalidate(accessKeyID: "A")
        async let second = cache.credentials()
        for await _ in began.stream { break }
        // The fetch may have begun before the key was replaced.
        cache.invalidate(accessKeyID: "A")
        go.continuation.yield()
        #expect(try await second.accessKeyID == "A")
        #expect(cache.cachedCredentials() == nil)
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
