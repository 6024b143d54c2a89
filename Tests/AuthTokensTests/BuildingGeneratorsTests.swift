import AuthTokensTesting
import NamedRegistry
import RDSIAMSystem
import Testing

@testable import AuthTokens

@Suite("Building a generator", .timeLimit(.minutes(2)))
struct BuildingGeneratorsTests {
    private let clock = ManualClock()
    private let gate = Gate()
    private let log = RecordingAuditRecorder()

    /// An issuer whose generator `slow` is built once the gate opens.
    private func issuer() -> TokenIssuer {
        let build: AuthTokenGeneratorRegistry.Build = { [gate, clock] in
            await gate.wait()
            return ScriptedGenerator(clock, name: "slow")
        }
        let generators = AuthTokenGeneratorRegistry(defaults: [("slow", build)])
        return TokenIssuer(generators: generators, audit: .required(log), clock: clock.tokenClock)
    }

    @Test("that hangs ends the wait of all callers at the timeout, by name, and each is recorded")
    func timeout() async throws {
        let issuer = issuer()
        let callers = (0..<3).map { _ in Task { try await issuer.token(from: "slow", for: .to("a")) } }
        #expect(await until { issuer.timeouts.count == 3 && clock.sleepers == 1 })
        clock.advance(by: .seconds(90))
        for caller in callers {
            let error = await #expect(throws: TokenIssuerError.self) { try await caller.value }
            #expect(error?.code == .timedOut && error?.isRetryable == true)
            let text = #"Building the generator "slow" did not end in 90.0 seconds. "#
            #expect(error?.message.hasPrefix(text) == true)
        }
        #expect(log.events.map(\.errorCode) == Array(repeating: "TokenIssuerError.timedOut", count: 3))
        // The build goes on, and a later caller gets its generator.
        let late = Task { try await issuer.token(from: "slow", for: .to("a")) }
        gate.open()
        #expect(try await late.value.token.value == "slow app@a - #1")
    }

    @Test("is waited for until the caller is canceled, which is no refusal")
    func cancellation() async throws {
        let issuer = issuer()
        let (caller, other) = (
            Task { try await issuer.token(from: "slow", for: .to("a")) },
            Task { try await issuer.token(from: "slow", for: .to("b")) }
        )
        await gate.taskWaits()
        caller.cancel()
        await #expect(throws: CancellationError.self) { try await caller.value }
        #expect(log.events.isEmpty)
        gate.open()
        #expect(try await other.value.token.value == "slow app@b - #1")
        #expect(log.events.map(\.activity) == [.issue])
    }

    @Test("that fails is a refusal, even if it fails as a canceled task does")
    func failure() async throws {
        let generators = AuthTokenGeneratorRegistry(defaults: [("g", { throw CancellationError() })])
        let issuer = TokenIssuer(generators: generators, audit: .required(log), clock: clock.tokenClock)
        await #expect(throws: CancellationError.self) { try await issuer.token(from: "g", for: .to("a")) }
        #expect(log.events.map(\.activity) == [.refuse])
    }

    @Test("is spoken of as such in messages, however the registry is made")
    func kind() async {
        for registry in [AuthTokenGeneratorRegistry(), AuthTokenGeneratorRegistry(defaults: [])] {
            let error = await #expect(throws: NamedRegistryError.self) { try await registry.value(named: "vault") }
            #expect(error?.message == #"No generator is named "vault". Nothing is registered."#)
        }
    }
}
