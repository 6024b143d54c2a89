import AuthTokens
import Foundation
import Testing

@Suite("A token", .timeLimit(.minutes(2)))
struct AuthTokenTests {
    private let token = AuthToken(
        value: "db:5432/?X-Amz-Signature=0123",
        kind: .signed,
        signedAt: Date(timeIntervalSince1970: 1_700_000_000),
        expiresAt: Date(timeIntervalSince1970: 1_700_000_900)
    )

    @Test("never prints its text")
    func redaction() {
        var dumped = ""
        dump(token, to: &dumped)
        let printed = [
            "\(token)", String(reflecting: token), dumped, "\(Optional(token) as Any)", "\([token])",
            "\(Mirror(reflecting: token).children.map(\.value))",
        ]
        for text in printed {
            #expect(!text.contains("X-Amz-Signature"))
            #expect(!text.contains("0123"))
        }
    }

    @Test("says which token it is and when it expires")
    func description() {
        // From `printf 'db:5432/?X-Amz-Signature=0123' | sha256sum`.
        let fingerprint = "2244555688a99bb764d9fa88c4edf276407d7568629c33a22a882841b0b9a8ec"
        #expect(token.fingerprint == fingerprint)
        #expect("\(token)" == "AuthToken(fingerprint: \(fingerprint), expiresAt: 2023-11-14T22:28:20Z)")
    }

    @Test("names its generator once it is issued, cached or not, and still equals the one that was made")
    func generator() async throws {
        let made = AuthToken(value: "secret", signedAt: Date(), expiresAt: Date() + 900, region: "eu-west-2", user: "u")
        let registry = AuthTokenGeneratorRegistry(defaults: [("vault", { ClosureTokenGenerator { _ in made } })])
        let issuer = TokenIssuer(generators: registry)
        let request = AuthTokenRequest(host: "db.example.com", user: "andrew")
        #expect(made.generator == nil)
        for isFromCache in [false, true] {
            let issued = try await issuer.token(from: "vault", for: request)
            #expect(issued.isFromCache == isFromCache)
            #expect(issued.token.generator == "vault")
            #expect(issued.token == made)
            #expect(issued.token.fingerprint == made.fingerprint)
        }
    }

    @Test("event names are UUIDs of version 7 that sort by time")
    func eventNames() throws {
        let request = AuthTokenRequest(host: "h", user: "u")
        let events = [1.0, 1_700_000_000, 4_000_000_000].map { seconds in
            TokenEvent(.issue, of: request, generator: "g", time: Date(timeIntervalSince1970: seconds))
        }
        for event in events {
            let uuid = try #require(UUID(uuidString: event.id)).uuid
            #expect(uuid.6 >> 4 == 7)
            #expect(uuid.8 >> 6 == 0b10)
        }
        #expect(events.map(\.id) == events.map(\.id).sorted())
        // 1,700,000,000,000 milliseconds are 0x018bcfe56800.
        #expect(events[1].id.hasPrefix("018bcfe5-6800-7"))
    }
}
