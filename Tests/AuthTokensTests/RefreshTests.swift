import AuthTokens
import AuthTokensTesting
import Testing

@Suite("Renewal ahead of expiry", .timeLimit(.minutes(5)))
struct RefreshTests {
    private let clock = ManualClock()

    /// Runs the issuer's renewal while `body` runs, and checks that it ends when it is canceled.
    private func running(_ issuer: TokenIssuer, _ body: () async throws -> Void) async throws {
        let renewal = Task { await issuer.run() }
        #expect(await until { clock.sleepers == 1 })
        try await body()
        renewal.cancel()
        await renewal.value
    }

    /// Waits until the cache holds a token of that text.
    private func holds(_ value: String, _ issuer: TokenIssuer) async -> Bool {
        await until { (try? await issuer.token(from: "g", for: .to("a")))?.token.value == value }
    }

    @Test("makes a new token in the background four minutes before the end of one in use")
    func renews() async throws {
        let generator = ScriptedGenerator(clock)
        let log = RecordingAuditRecorder()
        let issuer = TokenIssuer(generator, audit: .required(log))
        try await running(issuer) {
            _ = try await issuer.token(from: "g", for: .to("a"))
            #expect(try await issuer.token(from: "g", for: .to("a")).isFromCache)
            clock.advance(by: .seconds(660))
            #expect(await holds("g app@a - #2", issuer))
            let renewed = try await issuer.token(from: "g", for: .to("a"))
            #expect(renewed.isFromCache)
            #expect(log.events.map(\.activity) == [.issue, .issue])
        }
    }

    @Test("tells observers that a token was renewed")
    func observed() async throws {
        let observer = RecordingObserver()
        let issuer = TokenIssuer(ScriptedGenerator(clock), observers: [observer])
        try await running(issuer) {
            for _ in 0..<2 { _ = try await issuer.token(from: "g", for: .to("a")) }
            clock.advance(by: .seconds(660))
            #expect(await until { observer.kinds == [.issued, .reused, .refreshed] })
        }
    }

    @Test("leaves tokens to expire that no task has asked for again")
    func leavesUnused() async throws {
        let generator = ScriptedGenerator(clock)
        let issuer = TokenIssuer(generator)
        try await running(issuer) {
            _ = try await issuer.token(from: "g", for: .to("a"))
            _ = try await issuer.token(from: "g", for: .to("b"))
            #expect(try await issuer.token(from: "g", for: .to("b")).isFromCache)
            clock.advance(by: .seconds(700))
            #expect(await until { generator.calls(for: "b") == 2 })
            #expect(generator.calls(for: "a") == 1)
        }
    }

    @Test("leaves a token in use if no new one can be made, and makes one when it can")
    func failure() async throws {
        let generator = ScriptedGenerator(clock)
        let log = RecordingAuditRecorder()
        var options = TokenCacheOptions()
        options.refreshInterval = .seconds(1)
        let issuer = TokenIssuer(generator, audit: .required(log), cache: options)
        try await running(issuer) {
            _ = try await issuer.token(from: "g", for: .to("a"))
            _ = try await issuer.token(from: "g", for: .to("a"))
            generator.set { $0.isFailing = true }
            clock.advance(by: .seconds(700))
            #expect(await until { log.events.map(\.activity) == [.issue, .refuse] })
            #expect(try await issuer.token(from: "g", for: .to("a")).token.value == "g app@a - #1")
            generator.set { $0.isFailing = false }
            // Until the renewal sleeps again, moving the clock does not wake it. The token is good for 140 s more.
            let isRenewed = await until {
                clock.advance(by: .milliseconds(2))
                return generator.calls == 3
            }
            #expect(isRenewed)
            #expect(await holds("g app@a - #3", issuer))
        }
    }

    @Test("renews many tokens at once")
    func many() async throws {
        let generator = ScriptedGenerator(clock)
        let issuer = TokenIssuer(generator)
        try await running(issuer) {
            for _ in 0..<2 {
                for host in 0..<50 { _ = try await issuer.token(from: "g", for: .to("\(host)")) }
            }
            clock.advance(by: .seconds(700))
            #expect(await until { generator.calls == 100 })
        }
    }
}
