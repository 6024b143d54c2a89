import AuthTokens
import AuthTokensTesting
import Synchronization
import Testing

@Suite("Calls of generators", .timeLimit(.minutes(5)))
struct SingleFlightTests {
    private let clock = ManualClock()

    private func ask(_ issuer: TokenIssuer, times: Int) async throws -> [IssuedToken] {
        try await withThrowingTaskGroup(of: IssuedToken.self) { group in
            for _ in 0..<times { group.addTask { try await issuer.token(from: "g", for: .to("a")) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("are one for ten thousand tasks that ask for the same token", arguments: [nil, "AKIA"] as [String?])
    func oneCall(credential: String?) async throws {
        let generator = ScriptedGenerator(clock)
        let gate = Gate()
        generator.set {
            $0.gate = gate; $0.credential = credential
        }
        let log = RecordingAuditRecorder()
        let issuer = TokenIssuer(generator, audit: .required(log))
        let opener = Task {
            await gate.taskWaits()
            gate.open()
        }
        let issued = try await ask(issuer, times: 10_000)
        await opener.value
        #expect(Set(issued.map(\.id)).count == 1)
        #expect(generator.calls == 1)
        #expect(log.events.map(\.activity) == [.issue])
    }

    @Test("are a thousand for a thousand keys, and a slow one delays no other")
    func manyKeys() async throws {
        let generator = ScriptedGenerator(clock)
        let gate = Gate()
        generator.set {
            $0.gate = gate; $0.slowHost = "slow"
        }
        let issuer = TokenIssuer(generator)
        let slow = Task { try await issuer.token(from: "g", for: .to("slow")) }
        await gate.taskWaits()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<4000 {
                group.addTask { _ = try await issuer.token(from: "g", for: .to("host \(task % 999)")) }
            }
            try await group.waitForAll()
        }
        // The slow one has not ended.
        #expect(generator.calls == 1000)
        gate.open()
        #expect(try await slow.value.token.value == "g app@slow - #1")
        #expect(generator.calls == 1000)
    }

    @Test("are joined by a caller whose credentials have changed since, who then waits for one call more")
    func joined() async throws {
        let generator = ScriptedGenerator(clock)
        let (first, second) = (Gate(), Gate())
        generator.set {
            $0.gate = first; $0.credential = "AKIA1"
        }
        let issuer = TokenIssuer(generator)
        let early = Task { try await issuer.token(from: "g", for: .to("a")) }
        await first.taskWaits()
        generator.set {
            $0.gate = second; $0.credential = "AKIA2"
        }
        let late = (0..<100).map { _ in Task { try await issuer.token(from: "g", for: .to("a")) } }
        let joined = Task { while generator.calls < 2 { await Task.yield() } }
        first.open()
        #expect(try await early.value.token.value == "g app@a AKIA1 #1")
        await joined.value
        second.open()
        for caller in late { #expect(try await caller.value.token.value == "g app@a AKIA2 #2") }
        #expect(generator.calls == 2)
    }

    @Test("are one if the generator has no credentials, and its own error reaches the caller and the log")
    func noCredentials() async throws {
        let (generator, log) = (ScriptedGenerator(clock), RecordingAuditRecorder())
        generator.set { $0.isFailing = true }
        let issuer = TokenIssuer(generator, audit: .required(log))
        let error = await #expect(throws: ScriptedGenerator.Failed.self) {
            try await issuer.token(from: "g", for: .to("a"))
        }
        #expect(error == ScriptedGenerator.Failed(attempt: 1))
        #expect(generator.calls == 1)
        #expect(log.events.map(\.errorCode) == ["Failed"])
    }

    @Test("go on for the other callers when some are canceled, the first one included")
    func cancellation() async throws {
        let generator = ScriptedGenerator(clock)
        let gate = Gate()
        generator.set { $0.gate = gate }
        let issuer = TokenIssuer(generator)
        let tasks = (0..<10).map { _ in Task { try await issuer.token(from: "g", for: .to("a")) } }
        await gate.taskWaits()
        for task in tasks.dropLast() { task.cancel() }
        for task in tasks.dropLast() {
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        gate.open()
        #expect(try await tasks[9].value.token.value == "g app@a - #1")
        #expect(generator.calls == 1)
    }

    @Test("end at their timeout, for callers and for the next call")
    func timeLimit() async throws {
        let generator = ScriptedGenerator(clock)
        let gate = Gate()
        generator.set { $0.gate = gate }
        let log = RecordingAuditRecorder()
        let issuer = TokenIssuer(generator, audit: .required(log))
        let caller = Task { try await issuer.token(from: "g", for: .to("a")) }
        await gate.taskWaits()
        #expect(await until { clock.sleepers == 1 })
        clock.advance(by: .seconds(90))
        let error = await #expect(throws: TokenIssuerError.self) { try await caller.value }
        #expect(error?.code == .timedOut)
        #expect(log.events.map(\.errorCode) == ["TokenIssuerError.timedOut"])
        clock.advance(by: .seconds(1))
        gate.open()
        #expect(try await issuer.token(from: "g", for: .to("a")).isFromCache == false)
    }

    @Test("end with the error of a credential source that gives up after its own sixty seconds")
    func ownTimeout() async throws {
        struct HelperHangs: Error, Equatable { let message = "The credential_process of profile dev did not end." }
        let clock = clock
        let registry = AuthTokenGeneratorRegistry()
        try registry.add("g") {
            ClosureTokenGenerator { _ in
                try await clock.sleep(for: .seconds(60))
                throw HelperHangs()
            }
        }
        let issuer = TokenIssuer(generators: registry, clock: clock.tokenClock)
        let caller = Task { try await issuer.token(from: "g", for: .to("a")) }
        #expect(await until { clock.sleepers == 2 })
        clock.advance(by: .seconds(60))
        await #expect(throws: HelperHangs()) { try await caller.value }
    }

    @Test("are one per back-off step in a storm of failing callers")
    func backOff() async throws {
        let generator = ScriptedGenerator(clock)
        generator.set { $0.isFailing = true }
        let issuer = TokenIssuer(generator)
        let storm = (0..<100).map { _ in Task { await insist(issuer) } }
        for step in 0..<8 {
            #expect(await until { generator.calls == step + 1 })
            // All callers wait for one call, which sleeps before its turn, and so do the timeouts.
            #expect(await until { clock.sleepers == 2 })
            let pause = min(Duration.milliseconds(100 << step), .seconds(5))
            clock.advance(by: pause - .milliseconds(1))
            #expect(clock.sleepers == 2)
            #expect(generator.calls == step + 1)
            if step == 7 { generator.set { $0.isFailing = false } }
            clock.advance(by: .milliseconds(1))
        }
        for caller in storm { #expect(await caller.value > 0) }
        #expect(generator.calls == 9)
    }

    /// Asks until there is a token, and returns how often it asked.
    private func insist(_ issuer: TokenIssuer) async -> Int {
        var count = 1
        while (try? await issuer.token(from: "g", for: .to("a"))) == nil { count += 1 }
        return count
    }

    @Test("are made without a pause after a success")
    func recovery() async throws {
        let generator = ScriptedGenerator(clock)
        generator.set { $0.isFailing = true }
        let issuer = TokenIssuer(generator)
        await #expect(throws: ScriptedGenerator.Failed.self) { try await issuer.token(from: "g", for: .to("a")) }
        generator.set { $0.isFailing = false }
        clock.advance(by: .milliseconds(100))
        issuer.invalidate(try await issuer.token(from: "g", for: .to("a")))
        _ = try await issuer.token(from: "g", for: .to("a"))
        #expect(generator.calls == 3)
    }
}
