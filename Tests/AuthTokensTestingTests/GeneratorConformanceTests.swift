import AuthTokens
import AuthTokensTesting
import Foundation
import Synchronization
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

    @Test("that is canceled says so, and blames no generator")
    func canceled() async {
        let check = GeneratorConformance { clock in
            ClosureTokenGenerator { _ in
                try Task.checkCancellation()
                return Self.token(clock)
            }
        }
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            try await check.check(AuthTokenRequest(host: "h", port: 5432, user: "u"))
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test(
        "finds that a generator",
        arguments: [
            Liar(testDescription: "keeps an old token", fault: "After a token's expiry: A token has expired") {
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
            Liar(testDescription: "promises a token that never expires", fault: "live longer than") { clock in
                ClosureTokenGenerator { _ in token(clock, life: .infinity) }
            },
            Liar(testDescription: "lets a password of unknown expiry be cached for a year", fault: "live longer than") {
                clock in
                ClosureTokenGenerator { _ in
                    let end = clock.now + 365 * 86_400
                    return AuthToken(value: "secret", signedAt: clock.now, expiresAt: nil, reusableUntil: end)
                }
            },
            Liar(testDescription: "promises a time that is not a number", fault: "A token has expired when it comes.") {
                clock in
                ClosureTokenGenerator { _ in token(clock, life: .nan) }
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
        #expect(failure?.code == .brokenPromise && failure?.isRetryable == false)
        #expect(!text.contains("secret\"") && !text.contains("(secret"))
    }

    @Test("finds that a generator fails once it has made a token, and quotes it")
    func failsLater() async throws {
        struct Quote: Error { let text: String }
        let last = Mutex<String?>(nil)
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await GeneratorConformance { clock in
                ClosureTokenGenerator { _ in
                    if let text = last.withLock({ $0 }) { throw Quote(text: text) }
                    let token = Self.token(clock)
                    last.withLock { $0 = token.value }
                    return token
                }
            }
            .check(AuthTokenRequest(host: "h", user: "u"))
        }
        #expect(
            failure?.faults == [
                "Once it has made a token, the generator throws Quote. Make one for each call.",
                "An error holds a secret. Do not quote passwords, responses or tokens in errors.",
            ]
        )
    }

    @Test("finds that a generator does not end, ignores cancellation, or leaks in its errors")
    func endless() async throws {
        let request = AuthTokenRequest(host: "h", user: "u")
        let stuck = Mutex<[CheckedContinuation<Void, Never>]>([])
        let endless = await #expect(throws: ConformanceFailure.self) {
            try await GeneratorConformance(timeout: .milliseconds(100)) { _ in
                ClosureTokenGenerator { _ in
                    await withCheckedContinuation { caller in stuck.withLock { $0.append(caller) } }
                    throw CancellationError()
                }
            }
            .check(request)
        }
        for caller in stuck.withLock({ $0 }) { caller.resume() }
        #expect(endless?.faults.count == 1)
        #expect(endless?.faults.first?.hasPrefix("A call does not end within 0.1 seconds.") == true)
        #expect(endless?.code == .timedOut && endless?.isRetryable == true)
        let leaking = await #expect(throws: ConformanceFailure.self) {
            try await GeneratorConformance(
                secrets: ["secret"],
                failing: { _ in ClosureTokenGenerator { _ in throw Leak() } },
                make: { clock in ClosureTokenGenerator { _ in Self.token(clock, value: "other") } }
            )
            .check(request)
        }
        #expect(leaking?.faults.map { $0.hasPrefix("An error holds a secret.") } == [true])
    }

    @Test("accepts a generator that keeps its promises")
    func honest() async throws {
        try await GeneratorConformance { clock in ClosureTokenGenerator { _ in Self.token(clock) } }
            .check(AuthTokenRequest(host: "h", user: "u"))
    }

    @Test("accepts passwords of unknown expiry, cached or not", arguments: [nil, 870] as [TimeInterval?])
    func unknownExpiry(life: TimeInterval?) async throws {
        try await GeneratorConformance { clock in
            ClosureTokenGenerator { _ in
                let end = life.map { clock.now + $0 }
                return AuthToken(value: "secret", signedAt: clock.now, expiresAt: nil, reusableUntil: end)
            }
        }
        .check(AuthTokenRequest(host: "h", user: "u"))
    }

    struct Leaked: Sendable {
        let secret: String
        let response: String
    }

    @Test(
        "finds a secret in an error, whatever it consists of and whatever stands next to it",
        arguments: ["secret", "sec\"ret", "sec\0ret", "sec\nret", "e\u{301}", "\u{212A}"].flatMap { secret in
            ["<\(secret)>", "\(secret)\u{301}", "e\(secret)"].map { Leaked(secret: secret, response: $0) }
        }
    )
    func secretForms(_ leaked: Leaked) async throws {
        struct Quoting: Error { let response: String }
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await GeneratorConformance(
                secrets: [leaked.secret],
                failing: { _ in ClosureTokenGenerator { _ in throw Quoting(response: leaked.response) } },
                make: { clock in ClosureTokenGenerator { _ in Self.token(clock, value: "other") } }
            )
            .check(AuthTokenRequest(host: "h", user: "u"))
        }
        #expect(failure?.faults.map { $0.hasPrefix("An error holds a secret.") } == [true])
    }

    @Test("does not take a text for a secret that only looks like it")
    func lookAlike() async throws {
        struct Quoting: Error { let response = "\u{E9}" }
        try await GeneratorConformance(
            secrets: ["e\u{301}"],
            failing: { _ in ClosureTokenGenerator { _ in throw Quoting() } },
            make: { clock in ClosureTokenGenerator { _ in Self.token(clock, value: "other") } }
        )
        .check(AuthTokenRequest(host: "h", user: "u"))
    }

    @Test(
        "takes durations of any size",
        arguments: [Duration.seconds(Int64.max), .seconds(1.6e20)]
    )
    func longest(_ duration: Duration) async throws {
        try await GeneratorConformance(longestLife: duration, timeout: duration) { clock in
            ClosureTokenGenerator { _ in Self.token(clock) }
        }
        .check(AuthTokenRequest(host: "h", user: "u"))
    }
}
