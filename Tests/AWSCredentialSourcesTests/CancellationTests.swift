import AWSCredentialSources
import Foundation
import Synchronization
import Testing

/// A canceled call throws `CancellationError` and nothing else, whatever it is waiting for.
@Suite(.timeLimit(.minutes(2))) struct CancellationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var held: Held
        var environment: [String: String] = [:]
        var files: [String: String] = [:]
        /// Whether what it calls may answer a cancellation with an error of another type.
        var callsClients = true
        var source: @Sendable (CredentialContext) -> any AWSCredentialSource

        var testDescription: String { name }
    }

    private static let home = "/home/me/.aws"

    private static func profile(_ name: String, _ held: Held, _ config: String, files: [String: String] = [:]) -> Case {
        var files = files
        files["\(home)/config"] = config
        return Case(name: name, held: held, files: files) { ProfileCredentialSource("p", context: $0) }
    }

    private static let role = "role_arn = arn:aws:iam::1:role/r\nregion = us-east-1\n"
    private static let sso = """
        [profile p]
        sso_session = corp
        sso_account_id = 1
        sso_role_name = r
        [sso-session corp]
        sso_start_url = https://x.example
        sso_region = eu-west-1
        """
    /// The name is the SHA-1 of `corp`.
    private static let ssoFile = "\(home)/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json"
    private static func signIn(until end: String) -> String {
        """
        {"accessToken":"T","expiresAt":"\(end)","clientId":"c","clientSecret":"s","refreshToken":"r",
         "registrationExpiresAt":"2100-01-01T00:00:00Z"}
        """
    }

    static let cases = [
        Case(name: "a profile's files", held: .files) { ProfileCredentialSource("p", context: $0) },
        profile("a credential_process", .processes, "[profile p]\ncredential_process = x\n"),
        profile(
            "a web identity token file of a profile",
            .file("/t"),
            "[profile p]\nweb_identity_token_file = /t\n\(role)"
        ),
        profile(
            "a role",
            .http,
            "[profile p]\nsource_profile = p\naws_access_key_id = A\naws_secret_access_key = S\n\(role)"
        ),
        profile("a role of the instance", .http, "[profile p]\ncredential_source = Ec2InstanceMetadata\n\(role)"),
        profile("a sign-in file of SSO", .file(ssoFile), sso),
        profile("SSO's token", .http, sso, files: [ssoFile: signIn(until: "2026-01-02T03:06:35Z")]),
        profile("SSO's credentials", .http, sso, files: [ssoFile: signIn(until: "2026-01-02T09:06:35Z")]),
        profile(
            "a sign-in file of aws login",
            .fileSuffix(".json"),
            "[profile p]\nlogin_session = arn:aws:iam::1:user/u\n"
        ),
        Case(
            name: "a web identity token file",
            held: .file("/t"),
            environment: ["AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "arn:aws:iam::1:role/r"]
        ) { WebIdentityCredentialSource(context: $0) },
        Case(
            name: "a role of web identity",
            held: .http,
            environment: ["AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "arn:aws:iam::1:role/r"],
            files: ["/t": "T"]
        ) { WebIdentityCredentialSource(context: $0) },
        Case(
            name: "a container's host",
            held: .resolver,
            environment: ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://box.example/c"]
        ) { ContainerCredentialSource(context: $0) },
        Case(
            name: "a container's token file",
            held: .file("/t"),
            environment: [
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/c", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/t",
            ]
        ) { ContainerCredentialSource(context: $0) },
        Case(
            name: "a container's credentials",
            held: .http,
            environment: ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/c"]
        ) { ContainerCredentialSource(context: $0) },
        Case(name: "the pause before another attempt", held: .sleep, callsClients: false) { context in
            InstanceMetadataCredentialSource(context: context)
        },
        Case(name: "instance metadata", held: .http) { InstanceMetadataCredentialSource(context: $0) },
        Case(name: "a chain", held: .http) { AWSCredentialChain.default(context: $0) },
        Case(name: "an adopter's own source", held: .files, callsClients: false) { context in
            CustomCredentialSource {
                _ = try await context.files.contents(of: "/x"); throw CancellationError()
            }
        },
        Case(name: "a cache", held: .http) {
            RefreshingCredentialSource(InstanceMetadataCredentialSource(context: $0), context: $0)
        },
        Case(name: "a command in code", held: .processes) { ProcessCredentialSource("x", context: $0) },
    ]

    @Test("the cancellation arrives as it is", arguments: cases, Response.allCases)
    func cancel(_ example: Case, _ response: Response) async throws {
        let response = example.callsClients ? response : .cancellation
        let world = HeldWorld(example.held, response: response, files: example.files)
        let source = example.source(world.context(example.environment))
        let task = Task { try await source.credentials() }
        await world.arrival()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("a cancellation inside of what a source uses is not told as another failure", arguments: cases)
    func inside(_ example: Case) async throws {
        let world = HeldWorld(example.held, response: .atOnce, files: example.files)
        let source = example.source(world.context(example.environment))
        await #expect(throws: CancellationError.self) { try await source.credentials() }
    }

    @Test("the region's chain passes a cancellation on", arguments: Response.allCases)
    func region(_ response: Response) async throws {
        for held in [Held.files, .http] {
            let world = HeldWorld(held, response: response)
            let chain = AWSRegionChain(asksInstanceMetadata: true, context: world.context([:]))
            let task = Task { try await chain.region() }
            await world.arrival()
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test("a renewal of SSO that is canceled does not keep the next caller from one")
    func renewal() async throws {
        let files = ["\(Self.home)/config": Self.sso, Self.ssoFile: Self.signIn(until: "2026-01-02T03:04:00Z")]
        let world = HeldWorld(.http, response: .cancellation, files: files)
        var context = world.context([:])
        let source = ProfileCredentialSource("p", context: context)
        let task = Task { try await source.credentials() }
        await world.arrival()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        // The sign-in has ended but can be renewed: nothing else may be said of it.
        world.release(
            RoutedHTTP([
                "/token": (200, #"{"accessToken":"T2","expiresIn":3600}"#),
                "/federation": (
                    200,
                    #"{"roleCredentials":{"accessKeyId":"A","secretAccessKey":"S","sessionToken":"T","expiration":1767344645000}}"#
                ),
            ])
        )
        context = world.context([:])
        #expect(try await source.credentials().accessKeyID == "A")
    }

    @Test("a fetch that ends in a cancellation of its own is repeated by those who wait for it")
    func waiters() async throws {
        let gate = Gate()
        let fetches = Mutex(0)
        let source = CustomCredentialSource {
            let count = fetches.withLock { count in
                count += 1
                return count
            }
            await gate.wait()
            if count == 1 { throw CancellationError() }
            return AWSCredentials(accessKeyID: "A", secretAccessKey: "S")
        }
        let cache = RefreshingCredentialSource(source, context: .test())
        let leader = Task { try await cache.credentials().accessKeyID }
        while fetches.withLock({ $0 }) < 1 { await Task.yield() }
        let others = (0..<10).map { _ in Task { try await cache.credentials().accessKeyID } }
        gate.open()
        await #expect(throws: CancellationError.self) { try await leader.value }
        for task in others { #expect(try await task.value == "A") }
    }
}

/// What holds a call up.
enum Held: Sendable, Equatable {
    case files, http, processes, resolver, sleep
    case file(String)
    case fileSuffix(String)
}

/// What a held call throws once its task is canceled.
enum Response: Sendable, CaseIterable {
    case cancellation
    /// An error of its own, as clients have for a canceled request.
    case own
    case atOnce

    static let allCases = [Response.cancellation, .own]
}

/// Files, a network and child processes of which one kind answers only to a cancellation.
private final class HeldWorld: FileStore, CredentialHTTPClient, ProcessRunner, HostResolver {
    struct OwnError: Error {}

    private let held: Held
    private let response: Response
    private let files: MemoryFileStore
    private let isHeld = Mutex(false)
    private let free = Mutex<(any CredentialHTTPClient)?>(nil)

    init(_ held: Held, response: Response, files: [String: String] = [:]) {
        self.held = held
        self.response = response
        self.files = MemoryFileStore(files)
    }

    func context(_ environment: [String: String]) -> CredentialContext {
        var context = CredentialContext.test(environment, files: self, http: self)
        context.processes = self
        context.resolver = self
        if held == .sleep { context.sleep = { _ in try await self.hold() } }
        return context
    }

    /// Waits until a call is held up.
    func arrival() async {
        while !isHeld.withLock({ $0 }) { await Task.yield() }
    }

    /// From now on this client answers.
    func release(_ http: any CredentialHTTPClient) { free.withLock { $0 = http } }

    private func hold() async throws {
        isHeld.withLock { $0 = true }
        if response == .atOnce { throw CancellationError() }
        do { try await Task.sleep(for: .seconds(3600)) } catch {
            throw response == .own ? OwnError() : error
        }
    }

    func contents(of path: String) async throws -> [UInt8]? {
        switch held {
        case .files: try await hold()
        case .file(let name) where name == path: try await hold()
        case .fileSuffix(let suffix) where path.hasSuffix(suffix): try await hold()
        default: break
        }
        return try await files.contents(of: path)
    }

    func replace(_ path: String, with contents: [UInt8]) async throws {}

    func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse {
        if let client = free.withLock({ $0 }) { return try await client.send(request) }
        guard held == .http else { return CredentialHTTPResponse(status: 500) }
        try await hold()
        throw CredentialHTTPError(.malformed)
    }

    func run(_ request: ProcessRequest) async throws -> ProcessResult {
        if held == .processes { try await hold() }
        return ProcessResult(exitStatus: 0, output: [])
    }

    func addresses(of host: String) async throws -> [String] {
        if held == .resolver { try await hold() }
        return []
    }
}
