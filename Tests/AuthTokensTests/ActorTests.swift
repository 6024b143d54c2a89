import AuthTokens
import AuthTokensTesting
import Foundation
import Testing

@Suite("The process that a record names", .timeLimit(.minutes(5)))
struct ActorTests {
    private let clock = ManualClock()
    private let log = RecordingAuditRecorder()

    private struct Unreachable: Error {}

    private func process(_ number: Int64) -> TokenEvent.LocalProcess {
        TokenEvent.LocalProcess(user: "user \(number)", userID: number, processID: number, program: "p")
    }

    @Test("is the one whose token came too late, not the one that began to wait first")
    func timeout() async throws {
        let generator = ScriptedGenerator(clock)
        let gate = Gate()
        generator.set { $0.gate = gate }
        let issuer = TokenIssuer(generator, audit: .required(log))
        let callers = [1, 2].map { number in
            TokenEvent.LocalProcess.$current.withValue(process(number)) {
                Task { try await issuer.token(from: "g", for: .to("host \(number)")) }
            }
        }
        #expect(await until { generator.calls == 2 && clock.sleepers == 1 })
        clock.advance(by: .seconds(90))
        for caller in callers {
            await #expect(throws: TokenIssuerError.self) { try await caller.value }
        }
        gate.open()
        for event in log.events where event.activity == .refuse {
            #expect(event.actor.map { "host \($0.processID)" } == event.host)
        }
        #expect(log.events.count { $0.activity == .refuse } == 2)
    }

    @Test("is the one whose logins failed, not the one that has them recorded", arguments: [true, false])
    func counted(isJudged: Bool) async throws {
        let issuer = TokenIssuer(ScriptedGenerator(clock), audit: .required(log))
        await TokenEvent.LocalProcess.$current.withValue(process(1)) {
            for _ in 0..<2 { await issuer.recordFailure(of: .to("a"), from: "g", Unreachable()) }
        }
        clock.advance(by: .seconds(61))
        if isJudged {
            try await TokenEvent.LocalProcess.$current.withValue(process(2)) {
                try await issuer.withToken(from: "g", for: .to("a", user: "other"), isRefusal: { _ in false }) { _ in }
            }
        } else {
            await issuer.recordPendingFailures()
        }
        let failures = log.events.filter { $0.activity == .connectionFailed }
        #expect(failures.map(\.actor) == [process(1), process(1)])
    }
}
