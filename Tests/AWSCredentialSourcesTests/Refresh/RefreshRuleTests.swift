import AWSCredentialSources
import Testing

/// Rules that hold for a list of codes or kinds, and the edges of the windows.
@Suite(.timeLimit(.minutes(2))) struct RefreshRuleTests {
    private let clock = TestClock()

    static let incurable = [
        "AccessDenied", "MalformedPolicyDocument", "PackedPolicyTooLarge", "RegionDisabled", "IDPRejectedClaim",
        "InvalidIdentityToken",
    ]
    static let curable = ["ExpiredToken", "ExpiredTokenException", "Throttling", "InvalidClientTokenId"]

    @Test(
        "what asking again cannot cure is thrown at once, though credentials are cached",
        arguments: incurable + incurable.map { $0 + "Exception" }
    )
    func incurableCodes(_ code: String) async throws {
        let (source, cache) = try await cacheNearItsEnd()
        source.answer(.failure(AWSCredentialError(.refused, "no", serviceCode: code)))
        let error = await #expect(throws: AWSCredentialError.self) { try await cache.credentials() }
        #expect(error?.serviceCode == code)
    }

    @Test("anything else leaves what there is in use", arguments: curable)
    func curableCodes(_ code: String) async throws {
        let (source, cache) = try await cacheNearItsEnd()
        source.answer(.failure(AWSCredentialError(.refused, "no", serviceCode: code)))
        #expect(try await cache.credentials().accessKeyID == "A")
    }

    @Test(
        "only what AWS issues and renews itself is served past its end",
        arguments: [
            (AWSCredentialSourceKind.instanceMetadata, true), (.container, true), (.assumeRole, true),
            (.webIdentity, true), (.sso, true), (.login, true), (.environment, false), (.static, false),
            (.process, false), (.profile, false), (.custom, false),
        ]
    )
    func pastTheEnd(_ kind: AWSCredentialSourceKind, _ isServed: Bool) async throws {
        let source = ScriptedSource(kind, clock: clock)
        let cache = RefreshingCredentialSource(source, context: .test(clock: clock))
        _ = try await cache.credentials()
        source.answer(.failure(RefreshStory.outage))
        clock.advance(3601)
        if isServed {
            #expect(try await cache.credentials().accessKeyID == "A")
        } else {
            await #expect(throws: AWSCredentialError.self) { try await cache.credentials() }
        }
        await #expect(throws: AWSCredentialError.self) { try await cache.credentials(validFor: 1) }
    }

    @Test(
        "61 seconds before the end no caller waits for a refresh under way, 60 seconds before it all do"
    )
    func mandatoryWindow() async throws {
        let gate = Gate()
        gate.open()
        let source = ScriptedSource(.container, clock: clock) { await gate.wait() }
        let cache = RefreshingCredentialSource(source, context: .test(clock: clock))
        _ = try await cache.credentials()
        source.answer(.keys("B", lifetime: 3600))
        gate.close()
        clock.advance(3539)
        async let first = cache.credentials().accessKeyID
        while source.fetches < 2 { await Task.yield() }
        #expect(try await cache.credentials().accessKeyID == "A")
        clock.advance(1)
        // The gate is shut: were there no waiting, this would be A.
        async let second = cache.credentials().accessKeyID
        await cache.waits(for: 1)
        gate.open()
        #expect(try await second == "B")
        #expect(try await first == "B")
        #expect(source.fetches == 2)
    }

    private func cacheNearItsEnd() async throws -> (ScriptedSource, RefreshingCredentialSource) {
        let source = ScriptedSource(.webIdentity, clock: clock)
        let cache = RefreshingCredentialSource(source, context: .test(clock: clock))
        _ = try await cache.credentials()
        clock.advance(2700)
        return (source, cache)
    }
}
