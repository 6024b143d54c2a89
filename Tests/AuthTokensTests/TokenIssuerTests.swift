import AuthTokens
import Foundation
import NamedRegistry
import Synchronization
import Testing

@Suite("The token issuer", .timeLimit(.minutes(2)))
struct TokenIssuerTests {
    private struct NoPassword: AuditableError { let auditCode = "NoPassword.today" }

    private let request = AuthTokenRequest(host: "db.example.com", port: 5433, user: "andrew", database: "blog")
    private let time = Date(timeIntervalSince1970: 1_700_000_000)

    private func issuer(
        audit: AuditPolicy,
        _ make: @escaping @Sendable (AuthTokenRequest) throws -> AuthToken
    ) -> TokenIssuer {
        let generators = AuthTokenGeneratorRegistry(defaults: [("custom", { ClosureTokenGenerator(make) })])
        return TokenIssuer(generators: generators, audit: audit, now: { time })
    }

    private func token(_ value: String) -> AuthToken {
        AuthToken(value: value, kind: .signed, signedAt: time, expiresAt: time + 900, region: "eu-west-2")
    }

    @Test("records a token before it returns it, without its text")
    func recordsFirst() async throws {
        let log = Recorder()
        let issued = try await issuer(audit: .required(log)) { _ in token("tell no one") }
            .token(from: "custom", for: request)
        #expect(issued.token.value == "tell no one")
        let event = try #require(log.events.first)
        #expect(log.events.count == 1)
        #expect(event.id == issued.id)
        #expect(event.activity == .issue)
        #expect(event.errorCode == nil)
        #expect(
            [event.host, event.user, event.database, event.generator] == ["db.example.com", "andrew", "blog", "custom"]
        )
        #expect(event.port == 5433)
        #expect(event.region == "eu-west-2")
        #expect(event.token?.expiresAt == time + 900)
        // From `printf 'tell no one' | sha256sum`.
        #expect(event.token?.fingerprint == "04ddadbd8011711a1b8367aff560a64acc0985de9a71fe52e664bcd9753db0c9")
        var dumped = ""
        dump(event, to: &dumped)
        #expect(!dumped.contains("tell no one"))
    }

    @Test("returns no token whose record cannot be written if one is required")
    func requiredLogFails() async {
        let log = Recorder(failing: true)
        await #expect(throws: LogFailed.self) {
            try await issuer(audit: .required(log)) { _ in token("t") }.token(from: "custom", for: request)
        }
    }

    @Test("returns the token although its record cannot be written if recording is best effort")
    func bestEffortLogFails() async throws {
        let log = Recorder(failing: true)
        let issued = try await issuer(audit: .bestEffort(log)) { _ in token("t") }
            .token(from: "custom", for: request)
        #expect(issued.token.value == "t")
    }

    @Test("records a generator's refusal under the error's code and passes the error on")
    func refusal() async throws {
        let log = Recorder()
        await #expect(throws: NoPassword.self) {
            try await issuer(audit: .required(log)) { _ in throw NoPassword() }.token(from: "custom", for: request)
        }
        #expect(log.events.map(\.activity) == [.refuse])
        #expect(log.events.first?.errorCode == "NoPassword.today")
        #expect(log.events.first?.token == nil)
    }

    @Test("records an unknown generator as a refusal")
    func unknownGenerator() async {
        let log = Recorder()
        await #expect(throws: NamedRegistryError.self) {
            try await issuer(audit: .required(log)) { _ in token("t") }.token(from: "costum", for: request)
        }
        #expect(log.events.map(\.errorCode) == ["NamedRegistryError.unknownName"])
    }

    @Test("joins the outcome of a login to the token's event")
    func outcome() async throws {
        let log = Recorder()
        let issuer = issuer(audit: .required(log)) { _ in token("t") }
        let issued = try await issuer.token(from: "custom", for: request)
        try await issuer.recordOutcome(of: issued)
        try await issuer.recordOutcome(of: issued, error: NoPassword())
        #expect(log.events.map(\.activity) == [.issue, .connectionAccepted, .connectionRefused])
        #expect(log.events.map(\.issueID) == [nil, issued.id, issued.id])
        #expect(log.events.map(\.errorCode) == [nil, nil, "NoPassword.today"])
        #expect(Set(log.events.map(\.id)).count == 3)
    }
}

private struct LogFailed: Error {}

/// Stores events, or refuses them all.
private final class Recorder: TokenAuditRecorder {
    private let recorded = Mutex<[TokenEvent]>([])
    private let failing: Bool

    init(failing: Bool = false) { self.failing = failing }

    var events: [TokenEvent] { recorded.withLock { $0 } }

    func record(_ event: TokenEvent) async throws {
        if failing { throw LogFailed() }
        recorded.withLock { $0.append(event) }
    }
}
