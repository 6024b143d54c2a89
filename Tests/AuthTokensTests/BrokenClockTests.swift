import AuthTokens
import AuthTokensTesting
import Foundation
import Synchronization
import Testing

@Suite("A clock that is wrong", .timeLimit(.minutes(5)))
struct BrokenClockTests {
    private static let wrongTimes: [TimeInterval] = [
        1e19, -1e19, .infinity, -.infinity, .nan, .greatestFiniteMagnitude, 253_402_300_800,
    ]
    private static let wrongUptimes: [Duration] = [
        .seconds(1e19), .seconds(-1e19), .seconds(1.6e20), .seconds(-1.6e20), .seconds(Int64.max), .seconds(Int64.min),
    ]
    private static let goodTime: TimeInterval = 1_700_000_000

    /// A clock whose answers a test sets.
    private final class Answers: Sendable {
        let wall = Mutex(BrokenClockTests.goodTime)
        let uptime = Mutex(Duration.zero)

        var clock: TokenClock {
            TokenClock(
                now: { Date(timeIntervalSince1970: self.wall.withLock { $0 }) },
                uptime: { self.uptime.withLock { $0 } },
                sleep: { _ in try await Task.sleep(for: .seconds(3600)) }
            )
        }
    }

    private func issuer(
        _ answers: Answers,
        _ log: RecordingAuditRecorder = RecordingAuditRecorder(),
        cache: TokenCacheOptions = TokenCacheOptions(),
        life: TimeInterval = 900
    ) -> TokenIssuer {
        let build: AuthTokenGeneratorRegistry.Build = {
            ClosureTokenGenerator { _ in
                let end = Date(timeIntervalSince1970: Self.goodTime + life)
                let credential = CredentialIdentity(source: "s", expiresAt: end)
                let start = Date(timeIntervalSince1970: Self.goodTime)
                return AuthToken(value: "t", signedAt: start, expiresAt: end, credential: credential)
            }
        }
        let registry = AuthTokenGeneratorRegistry(defaults: [("g", build)])
        return TokenIssuer(generators: registry, audit: .required(log), cache: cache, clock: answers.clock)
    }

    @Test("gets no token, cached or new, and an error that says so", arguments: wrongTimes)
    func wallClock(seconds: TimeInterval) async throws {
        let (answers, log) = (Answers(), RecordingAuditRecorder())
        let issuer = issuer(answers, log)
        let issued = try await issuer.token(from: "g", for: .to("a"))
        answers.wall.withLock { $0 = seconds }
        let error = await #expect(throws: TokenIssuerError.self) { try await issuer.token(from: "g", for: .to("a")) }
        #expect(error?.code == .noTime)
        #expect(error?.isRetryable == false)
        try await issuer.recordOutcome(of: issued)
        issuer.invalidate(issued)
        #expect(log.events.map(\.activity) == [.issue, .refuse, .connectionAccepted])
        for event in log.events { #expect("\(event)".contains(event.id)) }
        answers.wall.withLock { $0 = Self.goodTime }
        // The pause after the failure is over.
        answers.uptime.withLock { $0 = .seconds(1) }
        #expect(try await issuer.token(from: "g", for: .to("a")).isFromCache == false)
    }

    @Test("makes no token live longer when the monotonic clock jumps", arguments: wrongUptimes)
    func uptime(_ uptime: Duration) async throws {
        let answers = Answers()
        let issuer = issuer(answers)
        _ = try await issuer.token(from: "g", for: .to("a"))
        answers.uptime.withLock { $0 = uptime }
        #expect(try await issuer.token(from: "g", for: .to("a")).isFromCache == (uptime < .zero))
        answers.wall.withLock { $0 += 900 }
        await #expect(throws: TokenIssuerError.self) { try await issuer.token(from: "g", for: .to("a")) }
    }

    @Test("does not stretch the pause after a failure", arguments: wrongUptimes)
    func backOff(_ uptime: Duration) async throws {
        let clock = ManualClock()
        let answers = Answers()
        let generator = ScriptedGenerator(clock)
        generator.set { $0.isFailing = true }
        var tokenClock = clock.tokenClock
        tokenClock.uptime = answers.clock.uptime
        let registry = AuthTokenGeneratorRegistry(defaults: [("g", { generator })])
        let issuer = TokenIssuer(generators: registry, clock: tokenClock)
        await #expect(throws: ScriptedGenerator.Failed.self) { try await issuer.token(from: "g", for: .to("a")) }
        answers.uptime.withLock { $0 = uptime }
        generator.set { $0.isFailing = false }
        let caller = Task { try await issuer.token(from: "g", for: .to("a")) }
        // Far ahead there is no pause any more. Far behind there is one, of its usual length.
        if uptime < .zero {
            // Those of the two calls' timeouts, as the second one ends earlier than the first, and the pause.
            #expect(await until { clock.sleepers == 3 })
            clock.advance(by: .milliseconds(100))
        }
        _ = try await caller.value
    }

    struct Times: Sendable, CustomTestStringConvertible {
        let seconds: TimeInterval
        var testDescription: String { "\(seconds)" }
    }

    @Test("and a generator's wrong times do not stop the process", arguments: wrongTimes.map(Times.init))
    func tokens(_ times: Times) async throws {
        let time = Date(timeIntervalSince1970: times.seconds)
        let token = AuthToken(
            value: "secret",
            kind: .signed,
            signedAt: time,
            expiresAt: time,
            credential: CredentialIdentity(source: "s", expiresAt: time)
        )
        var dumped = "\(token)"
        dump(token, to: &dumped)
        dump(token.credential, to: &dumped)
        #expect(dumped.contains(try #require(token.fingerprint)))
        #expect(token == token)
        let event = TokenEvent(.issue, of: .to("a"), generator: "g", token: token, time: time)
        #expect((UUID(uuidString: event.id)?.uuid.6 ?? 0) >> 4 == 7)
        let registry = AuthTokenGeneratorRegistry(defaults: [("g", { ClosureTokenGenerator { _ in token } })])
        let issuer = TokenIssuer(generators: registry, clock: Answers().clock)
        if times.seconds > 0 {
            _ = try await issuer.token(from: "g", for: .to("a"))
            #expect(try await issuer.token(from: "g", for: .to("a")).isFromCache)
        } else {
            let error = await #expect(throws: TokenIssuerError.self) {
                try await issuer.token(from: "g", for: .to("a"))
            }
            #expect(error?.code == .expired)
        }
    }

    @Test(
        "and options beyond all bounds do not stop the process",
        arguments: [
            Duration.seconds(Int64.max), .seconds(Int64.min), .seconds(1.6e20), .seconds(-1.6e20), .seconds(-1),
        ]
    )
    func options(_ duration: Duration) async throws {
        var options = TokenCacheOptions()
        options.margin = duration
        options.refreshAhead = duration
        options.refreshInterval = duration
        options.timeout = max(duration, .seconds(60))
        options.backOff = duration
        options.longestBackOff = duration
        let answers = Answers()
        let issuer = issuer(answers, cache: options)
        _ = try await issuer.token(from: "g", for: .to("a"))
        // A margin of a hundred years caches nothing. A negative one counts as none, so a token never outlives itself.
        #expect(try await issuer.token(from: "g", for: .to("a")).isFromCache == (duration < .zero))
        answers.wall.withLock { $0 += 900 }
        for _ in 0..<2 {
            let error = await #expect(throws: TokenIssuerError.self) {
                try await issuer.token(from: "g", for: .to("b"))
            }
            #expect(error?.code == .expired)
            guard duration < .zero else { break }
        }
        let renewal = Task { await issuer.run() }
        renewal.cancel()
        await renewal.value
    }

    @Test(
        "works with the system's clocks and the longest timeout",
        arguments: [Duration.seconds(Int64.max), .seconds(1.6e20)]
    )
    func longTimeout(_ duration: Duration) async throws {
        var options = TokenCacheOptions()
        options.timeout = duration
        let build: AuthTokenGeneratorRegistry.Build = {
            ClosureTokenGenerator { _ in AuthToken(value: "t", signedAt: Date(), expiresAt: Date() + 900) }
        }
        let issuer = TokenIssuer(generators: AuthTokenGeneratorRegistry(defaults: [("g", build)]), cache: options)
        #expect(try await issuer.token(from: "g", for: .to("a")).isFromCache == false)
        #expect(try await issuer.token(from: "g", for: .to("a")).isFromCache)
    }
}
