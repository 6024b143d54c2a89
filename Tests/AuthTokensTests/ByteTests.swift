import AuthTokens
import AuthTokensTesting
import Foundation
import Testing

/// Texts that Swift's `==` or a careless comparison takes for each other, and PostgreSQL does not.
struct Twins: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let one: String
    let other: String

    static let all = [
        Twins(testDescription: "composed and decomposed", one: "\u{E9}", other: "e\u{301}"),
        Twins(testDescription: "the letter K and the Kelvin sign", one: "K", other: "\u{212A}"),
        Twins(testDescription: "the letter s and the long s", one: "s", other: "\u{17F}"),
        Twins(testDescription: "without and with a NUL", one: "a", other: "a\0"),
    ]
}

@Suite("Texts that look alike", .timeLimit(.minutes(5)))
struct ByteTests {
    private let clock = ManualClock()

    /// A generator whose token says what it was made for.
    private func issuer(_ log: RecordingAuditRecorder = RecordingAuditRecorder()) -> TokenIssuer {
        let build: AuthTokenGeneratorRegistry.Build = { [clock] in
            ClosureTokenGenerator { request in
                AuthToken(value: "for \(request)", signedAt: clock.now, expiresAt: clock.now + 900, user: request.user)
            }
        }
        let registry = AuthTokenGeneratorRegistry(defaults: [("g", build)])
        return TokenIssuer(generators: registry, audit: .required(log), clock: clock.tokenClock)
    }

    struct Place: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let set: @Sendable (inout AuthTokenRequest, String) -> Void

        static let all = [
            Place(testDescription: "host") { $0.host = $1 },
            Place(testDescription: "user") { $0.user = $1 },
            Place(testDescription: "database") { $0.database = $1 },
            Place(testDescription: "parameter") { $0.parameters["aws_rds_iam_profile"] = $1 },
            Place(testDescription: "keyword") { $0.parameters[$1] = "value" },
        ]
    }

    @Test("are different requests with tokens of their own", arguments: Place.all, Twins.all)
    func requests(_ place: Place, _ twins: Twins) async throws {
        var (one, other) = (AuthTokenRequest.to("h"), AuthTokenRequest.to("h"))
        place.set(&one, twins.one)
        place.set(&other, twins.other)
        #expect(one != other)
        #expect(Set([one, other, one]).count == 2)
        let log = RecordingAuditRecorder()
        let issuer = issuer(log)
        for _ in 0..<2 {
            for request in [one, other] {
                let issued = try await issuer.token(from: "g", for: request)
                #expect(Array(issued.token.value.utf8) == Array("for \(request)".utf8))
            }
        }
        #expect(log.events.map { Array($0.user.utf8) } == [one, other].map { Array($0.user.utf8) })
    }

    @Test("do not lose their token when the other's is refused", arguments: Twins.all)
    func invalidation(_ twins: Twins) async throws {
        let issuer = issuer()
        let one = try await issuer.token(from: "g", for: .to("h", user: twins.one))
        let other = try await issuer.token(from: "g", for: .to("h", user: twins.other))
        issuer.invalidate(one)
        #expect(try await issuer.token(from: "g", for: .to("h", user: twins.other)).id == other.id)
        #expect(try await issuer.token(from: "g", for: .to("h", user: twins.one)).id != one.id)
    }

    @Test("are different generators", arguments: Twins.all)
    func generators(_ twins: Twins) async throws {
        let issuer = TokenIssuer(
            ScriptedGenerator(clock, name: twins.one),
            ScriptedGenerator(clock, name: twins.other)
        )
        for _ in 0..<2 {
            for name in [twins.one, twins.other] {
                let issued = try await issuer.token(from: name, for: .to("a"))
                #expect(Array(issued.token.value.utf8) == Array("\(name) app@a - #1".utf8))
            }
        }
    }

    @Test("are different credentials and regions", arguments: Twins.all)
    func identities(_ twins: Twins) async throws {
        let generator = ScriptedGenerator(clock)
        let issuer = TokenIssuer(generator)
        var calls: [Int] = []
        for text in [twins.one, twins.other, twins.one] {
            generator.set { $0.credential = text }
            _ = try await issuer.token(from: "g", for: .to("a"))
            calls.append(generator.calls)
        }
        for text in [twins.one, twins.other, twins.one] {
            generator.set { $0.region = text }
            _ = try await issuer.token(from: "g", for: .to("a"))
            calls.append(generator.calls)
        }
        #expect(calls == [1, 2, 3, 4, 5, 6])
    }

    @Test("make values that differ", arguments: Twins.all)
    func values(_ twins: Twins) {
        let time = Date(timeIntervalSince1970: 0)
        let tokens = [twins.one, twins.other].map { AuthToken(value: $0, signedAt: time, expiresAt: time) }
        #expect(tokens[0] != tokens[1])
        let users = [twins.one, twins.other].map { AuthToken(value: "", signedAt: time, expiresAt: time, user: $0) }
        #expect(users[0] != users[1])
        let sources = [twins.one, twins.other].map { CredentialIdentity(source: $0) }
        #expect(Set(sources).count == 2)
        let hosts = [twins.one, twins.other].map {
            AuthToken(value: "", signedAt: time, expiresAt: nil, signingHost: "x\($0)")
        }
        #expect(hosts[0] != hosts[1])
        #expect(TokenEvent.Activity(rawValue: twins.one) != TokenEvent.Activity(rawValue: twins.other))
        var event = TokenEvent(.issue, of: .to("h", user: twins.one), generator: "g", time: time)
        let same = event
        #expect(event == same)
        event.user = twins.other
        #expect(event != same)
    }
}
