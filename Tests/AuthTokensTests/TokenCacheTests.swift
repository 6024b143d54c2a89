import AuthTokens
import AuthTokensTesting
import Foundation
import Testing

@Suite("The token cache", .timeLimit(.minutes(2)))
struct TokenCacheTests {
    private let clock = ManualClock()

    @Test("returns the same token again, and says so before the caller connects")
    func keeps() async throws {
        let generator = ScriptedGenerator(clock)
        let issuer = TokenIssuer(generator)
        let first = try await issuer.token(from: "g", for: .to("a"))
        let second = try await issuer.token(from: "g", for: .to("a"))
        #expect(first.token == second.token)
        #expect(first.id == second.id)
        #expect([first.isFromCache, second.isFromCache] == [false, true])
        #expect(second.generator == "g")
        #expect(second.request == .to("a"))
        #expect(generator.calls == 1)
    }

    struct Difference: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout AuthTokenRequest) -> Void
    }

    @Test(
        "tells requests apart by all they say",
        arguments: [
            Difference(testDescription: "host") { $0.host = "b" },
            Difference(testDescription: "port") { $0.port = 6432 },
            Difference(testDescription: "user") { $0.user = "other" },
            Difference(testDescription: "database") { $0.database = "other" },
            Difference(testDescription: "no database") { $0.database = nil },
            Difference(testDescription: "parameter") { $0.parameters["aws_rds_iam_region"] = "eu-west-1" },
        ]
    )
    func keys(_ difference: Difference) async throws {
        let generator = ScriptedGenerator(clock)
        let issuer = TokenIssuer(generator)
        let request = AuthTokenRequest.to("a", ["aws_rds_iam_region": "eu-west-2"])
        var other = request
        difference.change(&other)
        _ = try await issuer.token(from: "g", for: request)
        #expect(try await issuer.token(from: "g", for: other).isFromCache == false)
        #expect(try await issuer.token(from: "g", for: other).isFromCache)
        #expect(try await issuer.token(from: "g", for: request).isFromCache)
        #expect(generator.calls == 2)
    }

    @Test("never lets two generators share a token")
    func generators() async throws {
        let issuer = TokenIssuer(ScriptedGenerator(clock, name: "one"), ScriptedGenerator(clock, name: "two"))
        for _ in 0..<2 {
            #expect(try await issuer.token(from: "one", for: .to("a")).token.value == "one app@a - #1")
            #expect(try await issuer.token(from: "two", for: .to("a")).token.value == "two app@a - #1")
        }
    }

    @Test("drops a generator's tokens when its name gets another generator, and no tokens when another name changes")
    func replacing() async throws {
        let issuer = TokenIssuer(ScriptedGenerator(clock))
        _ = try await issuer.token(from: "g", for: .to("a"))
        try issuer.generators.add("unrelated") { [clock] in ScriptedGenerator(clock) }
        #expect(try await issuer.token(from: "g", for: .to("a")).isFromCache)
        try issuer.generators.add("g", replacing: true) { [clock] in ScriptedGenerator(clock, name: "new") }
        #expect(try await issuer.token(from: "g", for: .to("a")).token.value == "new app@a - #1")
        #expect(issuer.generators.remove("g"))
        await #expect(throws: NamedRegistryError.self) { try await issuer.token(from: "g", for: .to("a")) }
    }

    struct Lapse: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var life: Duration = .seconds(900)
        var credentialLife: TimeInterval?
        let wait: Duration
        let isKept: Bool
    }

    @Test(
        "caches a token until a minute before it or its credentials expire",
        arguments: [
            Lapse(testDescription: "long before", wait: .seconds(600), isKept: true),
            Lapse(testDescription: "just before the margin", wait: .seconds(839), isKept: true),
            Lapse(testDescription: "at the margin", wait: .seconds(840), isKept: false),
            Lapse(testDescription: "long after", wait: .seconds(3600), isKept: false),
            Lapse(testDescription: "credentials in time", credentialLife: 300, wait: .seconds(239), isKept: true),
            Lapse(testDescription: "credentials ending first", credentialLife: 300, wait: .seconds(240), isKept: false),
            Lapse(testDescription: "shorter than the margin", life: .seconds(60), wait: .zero, isKept: false),
        ]
    )
    func expiry(_ lapse: Lapse) async throws {
        let generator = ScriptedGenerator(clock)
        let end = lapse.credentialLife.map { clock.now + $0 }
        generator.set {
            $0.life = lapse.life; $0.credential = "AKIA"; $0.credentialEnd = end
        }
        let issuer = TokenIssuer(generator)
        _ = try await issuer.token(from: "g", for: .to("a"))
        clock.advance(by: lapse.wait)
        #expect(try await issuer.token(from: "g", for: .to("a")).isFromCache == lapse.isKept)
    }

    @Test("caches a token of unknown expiry as long as its generator says, and not at all if that says nothing")
    func unknownExpiry() async throws {
        let clock = clock
        let registry = AuthTokenGeneratorRegistry()
        try registry.add("unknown") {
            ClosureTokenGenerator { _ in AuthToken(value: "p", signedAt: clock.now, expiresAt: nil) }
        }
        try registry.add("reusable") {
            ClosureTokenGenerator { _ in
                AuthToken(value: "p", signedAt: clock.now, expiresAt: nil, reusableUntil: clock.now + 100)
            }
        }
        try registry.add("short") {
            ClosureTokenGenerator { _ in
                AuthToken(value: "p", signedAt: clock.now, expiresAt: clock.now + 900, reusableUntil: clock.now + 100)
            }
        }
        let issuer = TokenIssuer(generators: registry, clock: clock.tokenClock)
        for name in registry.names { _ = try await issuer.token(from: name, for: .to("a")) }
        clock.advance(by: .seconds(99))
        for name in registry.names {
            #expect(try await issuer.token(from: name, for: .to("a")).isFromCache == (name != "unknown"))
        }
        clock.advance(by: .seconds(1))
        for name in registry.names { #expect(try await issuer.token(from: name, for: .to("a")).isFromCache == false) }
    }

    @Test(
        "never returns an expired token when the clock jumps, whatever its direction",
        arguments: [
            (Duration.seconds(3600), Duration.zero), (.seconds(-3600), .zero), (.seconds(-300), .seconds(850)),
            (.seconds(-840), .seconds(840)),
        ]
    )
    func clockJumps(jump: Duration, runs: Duration) async throws {
        let generator = ScriptedGenerator(clock)
        let issuer = TokenIssuer(generator)
        _ = try await issuer.token(from: "g", for: .to("a"))
        clock.advance(by: runs)
        clock.setWallClock(by: jump)
        let issued = try await issuer.token(from: "g", for: .to("a"))
        #expect(!issued.isFromCache)
        #expect(issued.token.expiresAt == clock.now + 900)
    }

    @Test("makes a new token whenever the credentials are rotated")
    func rotation() async throws {
        let generator = ScriptedGenerator(clock)
        let issuer = TokenIssuer(generator)
        var values: [String] = []
        for credential in ["AKIA1", "AKIA1", "AKIA2", "AKIA2", "AKIA1"] {
            generator.set { $0.credential = credential }
            values.append(try await issuer.token(from: "g", for: .to("a")).token.value)
        }
        let (one, two) = ("g app@a AKIA1 #1", "g app@a AKIA2 #2")
        #expect(values == [one, one, two, two, "g app@a AKIA1 #3"])
    }

    @Test("makes a new token once the region changes")
    func region() async throws {
        let generator = ScriptedGenerator(clock)
        let issuer = TokenIssuer(generator)
        var regions: [String?] = []
        for region in ["eu-west-1", "eu-west-1", "eu-west-2", "eu-west-1"] {
            generator.set {
                $0.credential = "AKIA"; $0.region = region
            }
            regions.append(try await issuer.token(from: "g", for: .to("a")).token.region)
        }
        #expect(regions == ["eu-west-1", "eu-west-1", "eu-west-2", "eu-west-1"])
        #expect(generator.calls == 3)
    }

    typealias Change = @Sendable (inout ScriptedGenerator.Script) -> Void

    @Test(
        "returns no token of credentials or a region that were replaced while it was made, but to those who asked before",
        arguments: [{ $0.credential = "AKIA2" }, { $0.region = "eu-west-2" }] as [Change]
    )
    func rotationMeanwhile(_ change: @escaping Change) async throws {
        let generator = ScriptedGenerator(clock)
        let gate = Gate()
        generator.set {
            $0.credential = "AKIA1"; $0.region = "eu-west-1"; $0.gate = gate
        }
        let issuer = TokenIssuer(generator)
        async let first = issuer.token(from: "g", for: .to("a"))
        await gate.taskWaits()
        generator.set(change)
        gate.open()
        let early = try await first.token
        #expect([early.value, early.region] == ["g app@a AKIA1 #1", "eu-west-1"])
        let late = try await issuer.token(from: "g", for: .to("a")).token
        #expect(late.value.hasSuffix("#2"))
        #expect([late.credential?.accessKeyID, late.region] != ["AKIA1", "eu-west-1"])
    }

    @Test("drops the least recently used token when it is full")
    func capacity() async throws {
        var options = TokenCacheOptions()
        options.capacity = 2
        let issuer = TokenIssuer(ScriptedGenerator(clock), cache: options)
        var isFromCache: [Bool] = []
        for host in ["a", "b", "a", "c", "a", "b"] {
            isFromCache.append(try await issuer.token(from: "g", for: .to(host)).isFromCache)
        }
        #expect(isFromCache == [false, false, true, false, true, false])
    }

    @Test("caches no more tokens than its capacity, however many are asked for")
    func bounded() async throws {
        let generator = ScriptedGenerator(clock)
        var options = TokenCacheOptions()
        options.capacity = 10
        let issuer = TokenIssuer(generator, cache: options)
        for host in 0..<1000 { _ = try await issuer.token(from: "g", for: .to("\(host)")) }
        for host in 0..<1000 { _ = try await issuer.token(from: "g", for: .to("\(host)")) }
        #expect(generator.calls == 2000)
    }

    @Test("caches nothing if it is off")
    func off() async throws {
        let generator = ScriptedGenerator(clock)
        let issuer = TokenIssuer(generator, cache: .off)
        for _ in 0..<3 { #expect(try await issuer.token(from: "g", for: .to("a")).isFromCache == false) }
        #expect(generator.calls == 3)
    }

    @Test("refuses a token that has expired when it comes")
    func deadOnArrival() async throws {
        let log = RecordingAuditRecorder()
        let generator = ScriptedGenerator(clock)
        generator.set { $0.life = .zero }
        let error = await #expect(throws: TokenIssuerError.self) {
            try await TokenIssuer(generator, audit: .required(log)).token(from: "g", for: .to("a"))
        }
        #expect(error?.code == .expired)
        #expect(log.events.map(\.errorCode) == ["TokenIssuerError.expired"])
    }

    @Test("drops a refused token, tells the generator, and leaves a newer one alone")
    func invalidation() async throws {
        let generator = ScriptedGenerator(clock)
        let issuer = TokenIssuer(generator)
        let first = try await issuer.token(from: "g", for: .to("a"))
        issuer.invalidate(first)
        let second = try await issuer.token(from: "g", for: .to("a"))
        #expect(!second.isFromCache)
        #expect(second.token.value == "g app@a - #2")
        issuer.invalidate(first)
        #expect(try await issuer.token(from: "g", for: .to("a")).token == second.token)
        #expect(generator.refused == [first.token.value, first.token.value])
    }
}
