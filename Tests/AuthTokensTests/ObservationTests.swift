import AuthTokens
import AuthTokensTesting
import Synchronization
import Testing

@Suite("Observations", .timeLimit(.minutes(5)))
struct ObservationTests {
    private let clock = ManualClock()

    @Test("reach the observer, without the token")
    func observer() async throws {
        let observer = RecordingObserver()
        let generator = ScriptedGenerator(clock)
        generator.set { $0.credential = "AKIA" }
        let issuer = TokenIssuer(generator, observers: [observer])
        let issued = try await issuer.token(from: "g", for: .to("a"))
        _ = try await issuer.token(from: "g", for: .to("a"))
        issuer.invalidate(issued)
        issuer.invalidate(issued)
        generator.set { $0.isFailing = true }
        await #expect(throws: ScriptedGenerator.Failed.self) { try await issuer.token(from: "g", for: .to("a")) }
        let seen = observer.observations
        #expect(seen.map(\.kind) == [.issued, .reused, .invalidated, .refused])
        #expect(seen.map(\.token?.fingerprint) == Array(repeating: issued.token.fingerprint, count: 3) + [nil])
        #expect(seen.map(\.errorCode) == [nil, nil, nil, "Failed"])
        #expect(seen.map(\.credential?.accessKeyID) == ["AKIA", "AKIA", "AKIA", nil])
        #expect(seen.allSatisfy { $0.generator == "g" && $0.request == .to("a") && $0.time == clock.now })
        var dumped = ""
        dump(seen, to: &dumped)
        #expect(!dumped.contains(issued.token.value))
    }

    @Test("reach several observers, in their order")
    func several() async throws {
        let order = Mutex<[Int]>([])
        struct Numbered: TokenObserver {
            let number: Int
            let note: @Sendable (Int) -> Void
            func observe(_ observation: TokenObservation) { note(number) }
        }
        let observers = (0..<3).map { number in
            Numbered(number: number) { number in order.withLock { $0.append(number) } }
        }
        let issuer = TokenIssuer(ScriptedGenerator(clock), observers: observers)
        try await issuer.recordOutcome(of: try await issuer.token(from: "g", for: .to("a")))
        #expect(order.withLock { $0 } == [0, 1, 2, 0, 1, 2])
    }

    @Test("say how long it took to make a token")
    func duration() async throws {
        let observer = RecordingObserver()
        let (generator, gate) = (ScriptedGenerator(clock), Gate())
        generator.set { $0.gate = gate }
        let issuer = TokenIssuer(generator, observers: [observer])
        let caller = Task { try await issuer.token(from: "g", for: .to("a")) }
        await gate.taskWaits()
        clock.advance(by: .milliseconds(250))
        gate.open()
        _ = try await caller.value
        #expect(observer.observations.map(\.duration) == [.milliseconds(250)])
    }

    @Test("of a cached token reach the audit log only if the policy says so", arguments: [true, false])
    func reuse(isRecorded: Bool) async throws {
        let log = RecordingAuditRecorder()
        let issuer = TokenIssuer(ScriptedGenerator(clock), audit: .required(log, recordsReuse: isRecorded))
        let issued = try await issuer.token(from: "g", for: .to("a"))
        _ = try await issuer.token(from: "g", for: .to("a"))
        #expect(log.events.map(\.activity) == (isRecorded ? [.issue, .reuse] : [.issue]))
        #expect(log.events.last?.issueID == (isRecorded ? issued.id : nil))
        #expect(log.events.last?.token?.fingerprint == issued.token.fingerprint)
    }

    @Test("that cannot be recorded stop a cached token if a record is required")
    func reuseUnrecorded() async throws {
        let log = RecordingAuditRecorder()
        let generator = ScriptedGenerator(clock)
        let issuer = TokenIssuer(generator, audit: .required(log, recordsReuse: true))
        _ = try await issuer.token(from: "g", for: .to("a"))
        log.setFailing(true)
        await #expect(throws: RecordingAuditRecorder.Failure.self) { try await issuer.token(from: "g", for: .to("a")) }
        log.setFailing(false)
        #expect(try await issuer.token(from: "g", for: .to("a")).isFromCache)
        #expect(generator.calls == 1)
    }

    @Test("that could not be recorded leave no token in the cache")
    func unrecorded() async throws {
        let log = RecordingAuditRecorder(failing: true)
        let generator = ScriptedGenerator(clock)
        let issuer = TokenIssuer(generator, audit: .required(log))
        await #expect(throws: RecordingAuditRecorder.Failure.self) { try await issuer.token(from: "g", for: .to("a")) }
        log.setFailing(false)
        clock.advance(by: .seconds(1))
        #expect(try await issuer.token(from: "g", for: .to("a")).isFromCache == false)
        #expect(log.events.map(\.activity) == [.issue])
    }
}
