import AWSCredentialSources
import Foundation
import Synchronization
import Testing

/// How long the sources wait, on a clock that moves by what they allow.
@Suite(.timeLimit(.minutes(2))) struct TimeLimitTests {
    private let clock = TestClock()

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var connect: Duration
        var exchange: Duration
        /// How many exchanges are tried, and how many seconds the call may last with all pauses.
        var attempts: Int
        var whole: Double
        var source: @Sendable (CredentialContext) -> any AWSCredentialSource

        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "instance metadata", connect: .seconds(1), exchange: .seconds(2), attempts: 3, whole: 10) {
            InstanceMetadataCredentialSource(context: $0)
        },
        Case(name: "container", connect: .seconds(2), exchange: .seconds(5), attempts: 3, whole: 20) {
            ContainerCredentialSource(context: $0)
        },
        Case(name: "web identity", connect: .seconds(3), exchange: .seconds(10), attempts: 3, whole: 30) {
            WebIdentityCredentialSource(context: $0)
        },
        Case(name: "a profile's role", connect: .seconds(3), exchange: .seconds(10), attempts: 3, whole: 30) {
            ProfileCredentialSource("dev", context: $0)
        },
    ]

    @Test("a service that never answers is given up in its time, with the pauses", arguments: cases)
    func silence(_ limits: Case) async throws {
        let http = SilentHTTP(clock: clock)
        let start = clock.now
        let source = limits.source(context(http))
        let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
        #expect(error?.code == .timedOut)
        #expect(http.requests.count == limits.attempts)
        #expect(http.requests.first?.timeout == limits.exchange)
        #expect(http.requests.allSatisfy { $0.connectTimeout == limits.connect && $0.bodyLimit == 1 << 20 })
        #expect(clock.now.timeIntervalSince(start) <= limits.whole)
    }

    private func context(_ http: SilentHTTP) -> CredentialContext {
        var context = CredentialContext.test(
            [
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/c", "AWS_WEB_IDENTITY_TOKEN_FILE": "/t",
                "AWS_ROLE_ARN": "arn:aws:iam::1:role/r", "AWS_REGION": "us-east-1",
            ],
            files: MemoryFileStore([
                "/t": "SECRET",
                "/home/me/.aws/config": """
                [profile dev]
                role_arn = arn:aws:iam::1:role/r
                source_profile = base
                [profile base]
                aws_access_key_id = A
                aws_secret_access_key = SECRET
                """,
            ]),
            http: http,
            clock: clock
        )
        // The longest pauses there can be.
        context.random = { 1.0.nextDown }
        return context
    }
}

/// A network on which every connection is made and no answer comes.
private final class SilentHTTP: CredentialHTTPClient {
    private let clock: TestClock
    private let log = Mutex<[CredentialHTTPRequest]>([])

    init(clock: TestClock) { self.clock = clock }

    var requests: [CredentialHTTPRequest] { log.withLock { $0 } }

    func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse {
        log.withLock { $0.append(request) }
        clock.advance(request.timeout / .seconds(1))
        throw CredentialHTTPError(.timeout)
    }
}
