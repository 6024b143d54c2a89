import AWSCredentialSources
import Synchronization
import Testing

/// Endpoints on this machine and its link: never through a proxy, and tried as long as the configuration says.
@Suite(.timeLimit(.minutes(1))) struct LocalEndpointTests {
    struct Box: Sendable, CustomTestStringConvertible {
        var url: String
        var addresses: [String]?
        var mayUseProxy: Bool

        var testDescription: String { "\(url) at \(addresses ?? ["nowhere"])" }
    }

    @Test(
        "a container host goes through a proxy only if it is elsewhere",
        arguments: [
            Box(url: "http://agent.internal/c", addresses: ["127.0.0.1"], mayUseProxy: false),
            Box(url: "http://agent.internal:8080/c", addresses: ["::1", "127.0.0.9"], mayUseProxy: false),
            Box(url: "http://pods.internal/c", addresses: ["169.254.170.23", "fd00:ec2::23"], mayUseProxy: false),
            Box(url: "http://127.0.0.1/c", mayUseProxy: false),
            Box(url: "https://agent.internal/c", addresses: ["127.0.0.1"], mayUseProxy: false),
            Box(url: "https://agent.internal/c", addresses: ["169.254.7.7"], mayUseProxy: false),
            Box(url: "https://agent.internal/c", addresses: ["127.0.0.1", "203.0.113.7"], mayUseProxy: true),
            Box(url: "https://agent.example/c", addresses: ["203.0.113.7"], mayUseProxy: true),
            Box(url: "https://agent.example/c", addresses: [], mayUseProxy: true),
            Box(url: "https://agent.example/c", addresses: nil, mayUseProxy: true),
            Box(url: "https://[::1]/c", mayUseProxy: false),
        ]
    )
    func container(_ box: Box) async throws {
        let http = RecordingHTTP(
            answer: #"{"AccessKeyId":"A","SecretAccessKey":"S","Expiration":"2026-01-02T04:04:05Z"}"#
        )
        var context = CredentialContext.test(["AWS_CONTAINER_CREDENTIALS_FULL_URI": box.url], http: http)
        let names = ["agent.internal", "pods.internal", "agent.example"]
        context.resolver = HostTable(hosts: Dictionary(uniqueKeysWithValues: names.map { ($0, box.addresses) }))
        _ = try await ContainerCredentialSource(context: context).credentials()
        #expect(http.requests.map(\.mayUseProxy) == [box.mayUseProxy])
    }

    struct Limits: Sendable, CustomTestStringConvertible {
        var environment: [String: String] = [:]
        var profile = ""
        var attempts: Int
        var connect: Duration
        var attempt: Duration

        var testDescription: String { "\(environment) \(profile)" }
    }

    @Test(
        "the instance metadata service is asked as long and as often as the configuration says",
        arguments: [
            Limits(attempts: 1, connect: .seconds(1), attempt: .seconds(2)),
            Limits(
                environment: ["AWS_METADATA_SERVICE_TIMEOUT": "5"],
                attempts: 1,
                connect: .seconds(5),
                attempt: .seconds(5)
            ),
            Limits(
                environment: ["AWS_METADATA_SERVICE_NUM_ATTEMPTS": "4"],
                attempts: 4,
                connect: .seconds(1),
                attempt: .seconds(2)
            ),
            Limits(
                environment: ["AWS_METADATA_SERVICE_TIMEOUT": " 3 ", "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "2"],
                profile: "metadata_service_timeout = 9",
                attempts: 2,
                connect: .seconds(3),
                attempt: .seconds(3)
            ),
            Limits(
                profile: "metadata_service_timeout = 4\nmetadata_service_num_attempts = 3",
                attempts: 3,
                connect: .seconds(4),
                attempt: .seconds(4)
            ),
            Limits(
                environment: ["AWS_METADATA_SERVICE_NUM_ATTEMPTS": "1"],
                attempts: 1,
                connect: .seconds(1),
                attempt: .seconds(2)
            ),
        ]
    )
    func instanceMetadata(_ limits: Limits) async throws {
        let http = AbsentHTTP()
        let files = MemoryFileStore(["/home/me/.aws/config": "[default]\n\(limits.profile)\n"])
        let context = CredentialContext.test(limits.environment, files: files, http: http)
        let error = await #expect(throws: AWSCredentialError.self) {
            try await InstanceMetadataCredentialSource(context: context).credentials()
        }
        #expect(error?.code == .notConfigured)
        let requests = http.requests
        #expect(requests.count == limits.attempts)
        #expect(requests.allSatisfy { $0.connectTimeout == limits.connect && $0.timeout == limits.attempt })
    }

    @Test(
        "a limit that is no number is named",
        arguments: [
            ("AWS_METADATA_SERVICE_TIMEOUT", "soon"), ("AWS_METADATA_SERVICE_TIMEOUT", "0"),
            ("AWS_METADATA_SERVICE_TIMEOUT", "-1"), ("AWS_METADATA_SERVICE_TIMEOUT", "3600"),
            ("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "1.5"), ("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "٣"),
        ]
    )
    func noNumber(_ name: String, _ value: String) async throws {
        let http = AbsentHTTP()
        let context = CredentialContext.test([name: value], http: http)
        let error = await #expect(throws: AWSCredentialError.self) {
            try await InstanceMetadataCredentialSource(context: context).credentials()
        }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains(name) == true && http.requests.isEmpty)
    }

    /// A network without the service.
    private final class AbsentHTTP: CredentialHTTPClient {
        private let log = Mutex<[CredentialHTTPRequest]>([])

        var requests: [CredentialHTTPRequest] { log.withLock { $0 } }

        func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse {
            log.withLock { $0.append(request) }
            throw CredentialHTTPError(.connectTimeout)
        }
    }
}
