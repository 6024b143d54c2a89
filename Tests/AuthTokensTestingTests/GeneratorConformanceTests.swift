import AuthTokens
import AuthTokensTesting
import Dispatch
import Foundation
import Testing

@Suite("The conformance check", .timeLimit(.minutes(2)))
struct GeneratorConformanceTests {
    struct Liar: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let fault: String
        let make: @Sendable (ManualClock) -> any AuthTokenGenerator
    }

    fileprivate static func token(
        _ clock: ManualClock,
        value: String = "secret",
        signed: TimeInterval = 0,
        life: TimeInterval = 900,
        credential: CredentialIdentity? = nil
    ) -> AuthToken {
        let now = clock.now
        return AuthToken(value: value, signedAt: now + signed, expiresAt: now + life, credential: credential)
    }

    private struct Talkative: AuthTokenGenerator {
        let password = "secret"
        let clock: ManualClock
        func token(for request: AuthTokenRequest) async throws -> AuthToken {
            GeneratorConformanceTests.token(clock, value: password)
        }
    }

    private struct Leak: Error { let response = "secret" }

    @Test(
        "finds a generator out that",
        arguments: [
            Liar(testDescription: "keeps an old token", fault: "After the first token's expiry: A token has expired") {
                clock in
                let old = token(clock)
                return ClosureTokenGenerator { _ in old }
            },
            Liar(testDescription: "makes dead tokens", fault: "A token has expired when it comes.") { clock in
                ClosureTokenGenerator { _ in token(clock, signed: -900, life: 0) }
            },
            Liar(testDescription: "makes empty tokens", fault: "A token is empty.") { clock in
                ClosureTokenGenerator { _ in token(clock, value: "") }
            },
            Liar(testDescription: "signs in the future", fault: "signed in the future") { clock in
                ClosureTokenGenerator { _ in token(clock, signed: 300) }
            },
            Liar(testDescription: "promises a year", fault: "live longer than") { clock in
                ClosureTokenGenerator { _ in token(clock, life: 365 * 86_400) }
            },
            Liar(testDescription: "promises eternity", fault: "live longer than") { clock in
                ClosureTokenGenerator { _ in token(clock, life: .infinity) }
            },
            Liar(testDescription: "outlives its credentials", fault: "outlive its credentials") { clock in
                ClosureTokenGenerator { _ in
                    token(clock, credential: CredentialIdentity(source: "s", expiresAt: clock.now + 300))
                }
            },
            Liar(testDescription: "names its secret", fault: "What a token says about its origin") { clock in
                ClosureTokenGenerator { _ in token(clock, credential: CredentialIdentity(source: "the secret")) }
            },
            Liar(testDescription: "prints its secret", fault: "description or dump holds a secret") { clock in
                Talkative(clock: clock)
            },
        ]
    )
    func liars(_ liar: Liar) async throws {
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await GeneratorConformance(make: liar.make).check(AuthTokenRequest(host: "h", user: "u"))
        }
        let text = failure.map(String.init(describing:)) ?? ""
        #expect(text.contains(liar.fault))
        #expect(!text.contains("secret\"") && !text.contains("(secret"))
    }

    @Test("finds a generator out that does not end, heeds no cancellation, or leaks in its errors")
    func endless() async throws {
        let request = AuthTokenRequest(host: "h", user: "u")
        let endless = await #expect(throws: ConformanceFailure.self) {
            try await GeneratorConformance(patience: .milliseconds(100)) { _ in
                ClosureTokenGenerator { _ in
                    await withCheckedContinuation { (later: CheckedContinuation<Void, Never>) in
                        DispatchQueue.global().asyncAfter(deadline: .now() + 1) { later.resume() }
                    }
                    throw CancellationError()
                }
            }
            .check(request)
        }
        #expect(endless?.faults == ["A call does not end within 0.1 seconds."])
        let leaking = await #expect(throws: ConformanceFailure.self) {
            try await GeneratorConformance(
                secrets: ["secret"],
                failing: { _ in ClosureTokenGenerator { _ in throw Leak() } },
                make: { clock in ClosureTokenGenerator { _ in Self.token(clock, value: "other") } }
            )
            .check(request)
        }
        #expect(leaking?.faults == ["An error holds a secret."])
    }

    @Test("is content with an honest generator")
    func honest() async throws {
        try await GeneratorConformance { clock in ClosureTokenGenerator { _ in Self.token(clock) } }
            .check(AuthTokenRequest(host: "h", user: "u"))
    }
}
