#if AsyncHTTPClient

import AWSCredentialSources
import Foundation
import Testing

/// Every source over real sockets, with a server that behaves and misbehaves.
@Suite(.timeLimit(.minutes(5))) struct LookalikeTests {
    @Test("each source gets credentials, or the right error, from each behavior", arguments: cases)
    func behavior(_ lookalikeCase: LookalikeCase) async throws {
        let visitor = try Lookalike.shared.get().visitor(lookalikeCase.behavior)
        let source = lookalikeCase.source(visitor.context(LookalikeCase.files))
        do {
            let credentials = try await source.credentials()
            #expect(lookalikeCase.error == nil)
            #expect(credentials.accessKeyID == lookalikeCase.accessKeyID)
            #expect(credentials.secretAccessKey == "SECRET-of-\(lookalikeCase.accessKeyID)")
        } catch let error as AWSCredentialError {
            #expect(error.code == lookalikeCase.error, "\(error)")
            #expect(!"\(error)".contains("SECRET"))
        }
        if let requests = lookalikeCase.requests { #expect(try await visitor.log().count == requests) }
    }

    static let cases =
        LookalikeCase.Asked.allCases.flatMap { [LookalikeCase(asked: $0, behavior: "fine")] }
        + imds + container + sts + sso

    private static func of(
        _ asked: LookalikeCase.Asked,
        _ rows: [(String, AWSCredentialError.Code?, Int?)]
    ) -> [LookalikeCase] {
        rows.map { LookalikeCase(asked: asked, behavior: $0.0, error: $0.1, requests: $0.2) }
    }

    private static let imds = of(
        .imds,
        [
            ("silent", .timedOut, nil), ("drip", .timedOut, nil), ("reset", .interrupted, 3), ("flaky", nil, 5),
            ("cut", .interrupted, 3), ("forbidden", .refused, 1), ("missing", .refused, 1), ("bad", .refused, 1),
            ("broken", .serviceUnavailable, 3), ("busy", nil, 5), ("garbage", .invalidResponse, 1),
            ("empty", .invalidResponse, 1), ("huge", .invalidResponse, nil), ("redirect", .refused, 1),
            ("nohttp", .interrupted, nil), ("stale", nil, 6), ("norole", .notConfigured, 2), ("dead", nil, 3),
        ]
    )
    private static let container = of(
        .container,
        [
            ("reset", .interrupted, 3), ("flaky", nil, 3), ("cut", .interrupted, 3), ("forbidden", .refused, 1),
            ("missing", .refused, 1), ("unauthorized", .refused, 1), ("broken", .serviceUnavailable, 3),
            ("busy", nil, 3), ("garbage", .invalidResponse, 3), ("huge", .invalidResponse, nil),
            ("redirect", .refused, 1), ("dead", nil, 1),
        ]
    )
    private static let sts =
        of(
            .assumeRole,
            [
                ("reset", .interrupted, 3), ("flaky", nil, 3), ("cut", .interrupted, 3), ("forbidden", .refused, 1),
                ("unavailable", .serviceUnavailable, 3), ("busy", nil, 3), ("garbage", .invalidResponse, 1),
                ("huge", .invalidResponse, nil), ("redirect", .refused, 1), ("skew", .refused, 1), ("dead", nil, 1),
            ]
        )
        + of(.webIdentity, [("busy", nil, 3), ("broken", .serviceUnavailable, 3), ("skew", nil, 1), ("dead", nil, 1)])
    private static let sso = of(
        .sso,
        [
            ("busy", nil, 4), ("forbidden", .signInRequired, 1), ("broken", .serviceUnavailable, 3),
            ("garbage", .invalidResponse, 1), ("dead", nil, 2),
        ]
    )

    @Test("a wrong clock is named in the error")
    func skew() async throws {
        let visitor = try Lookalike.shared.get().visitor("skew")
        let source = ProfileCredentialSource("role", context: visitor.context(LookalikeCase.files))
        let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
        #expect(error?.serviceCode == "RequestTimeTooSkewed")
        #expect(error?.message.contains("clock") == true)
    }

    @Test("a caller's identity is asked for with a signature")
    func callerIdentity() async throws {
        let visitor = try Lookalike.shared.get().visitor("fine")
        let client = STSClient(context: visitor.context())
        let wrong = AWSCredentials(accessKeyID: "AKIDBASE", secretAccessKey: "SECRET-of-another-key")
        let error = await #expect(throws: AWSCredentialError.self) { try await client.callerIdentity(of: wrong) }
        #expect(error?.serviceCode == "SignatureDoesNotMatch")
    }

    @Test("dead credentials are never signed with, and a thousand tasks make one round of requests")
    func refreshing() async throws {
        let dead = try Lookalike.shared.get().visitor("dead")
        let context = dead.context()
        let cache = RefreshingCredentialSource(InstanceMetadataCredentialSource(context: context), context: context)
        #expect(try await cache.credentials().accessKeyID == "ASIAEC2")
        let error = await #expect(throws: AWSCredentialError.self) { try await cache.credentials(validFor: 900) }
        #expect(error?.code == .expired)

        let fine = try Lookalike.shared.get().visitor("fine")
        let shared = RefreshingCredentialSource(
            InstanceMetadataCredentialSource(context: fine.context()),
            context: fine.context()
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<1000 { group.addTask { _ = try await shared.credentials() } }
            try await group.waitForAll()
        }
        #expect(try await fine.log().count == 3)
    }

    @Test("a canceled task does not wait for a server that does not answer")
    func cancellation() async throws {
        let visitor = try Lookalike.shared.get().visitor("silent")
        let source = ContainerCredentialSource(context: visitor.context())
        let task = Task { try await source.credentials() }
        while try await visitor.log().isEmpty { await Task.yield() }
        task.cancel()
        // Without the cancellation it would be a timeout, 15 seconds later.
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}

#endif
