import AuthTokens
import AuthTokensTesting
import Foundation
import Testing

struct TeamGenerator: AuthTokenGenerator {
    let now: @Sendable () -> Date

    func token(for request: AuthTokenRequest) async throws -> AuthToken {
        AuthToken(value: "secret of \(request.user)", signedAt: now(), expiresAt: now() + 600)
    }
}

@Test(.timeLimit(.minutes(1))) func keepsItsPromises() async throws {
    try await GeneratorConformance(secrets: ["master-key"]) { clock in TeamGenerator(now: { clock.now }) }
        .check(AuthTokenRequest(host: "db.example.com", user: "app"))
}

@Test(.timeLimit(.minutes(1))) func everyTokenIsRecorded() async throws {
    let (clock, recorder) = (ManualClock(), RecordingAuditRecorder())
    let generators = AuthTokenGeneratorRegistry()
    try generators.add("team") { TeamGenerator(now: { clock.now }) }
    let issuer = TokenIssuer(generators: generators, audit: .required(recorder), clock: clock.tokenClock)
    _ = try await issuer.token(from: "team", for: AuthTokenRequest(host: "db.example.com", user: "app"))
    #expect(recorder.events.map(\.activity) == [.issue])
    recorder.setFailing(true)
    clock.advance(by: .seconds(900))
    await #expect(throws: RecordingAuditRecorder.Failure.self) {
        try await issuer.token(from: "team", for: AuthTokenRequest(host: "db.example.com", user: "app"))
    }
}
