import AuthTokens
import AuthTokensTesting
import Foundation
import Synchronization
import Testing

@Suite("A login with a token", .timeLimit(.minutes(2)))
struct LoginTests {
    private struct Refused: Error, Equatable {}
    private struct Unreachable: Error, Equatable {}

    private let clock = ManualClock()
    private let log = RecordingAuditRecorder()
    private let observer = RecordingObserver()

    private func issuer(
        _ generator: any AuthTokenGenerator,
        cache: TokenCacheOptions = TokenCacheOptions()
    ) -> TokenIssuer {
        TokenIssuer(
            generators: AuthTokenGeneratorRegistry(defaults: [("g", { generator })]),
            audit: .required(log),
            cache: cache,
            observers: [observer],
            clock: clock.tokenClock
        )
    }

    /// Logs in to a server that answers with these errors in turn, and then lets everyone in; returns what was sent.
    private func logIn(_ issuer: TokenIssuer, _ answers: (any Error)?...) async -> (sent: [String], error: (any Error)?)
    {
        let sent = Mutex<[String]>([])
        do {
            try await issuer.withToken(from: "g", for: .to("a"), isRefusal: { $0 is Refused }) { issued in
                let count = sent.withLock {
                    $0.append(issued.token.value)
                    return $0.count
                }
                if count <= answers.count, let error = answers[count - 1] { throw error }
            }
            return (sent.withLock { $0 }, nil)
        } catch {
            return (sent.withLock { $0 }, error)
        }
    }

    @Test("returns what the closure returns, and records that the server let it in")
    func success() async throws {
        let issuer = issuer(ScriptedGenerator(clock))
        let port = try await issuer.withToken(from: "g", for: .to("a"), isRefusal: { _ in true }) { $0.request.port }
        #expect(port == 5432)
        #expect(log.events.map(\.activity) == [.issue, .connectionAccepted])
        #expect(log.events[1].issueID == log.events[0].id)
        #expect(observer.kinds == [.issued, .accepted])
    }

    @Test("throws a refused token away, and tries once more only if the token came from the cache")
    func refusal() async throws {
        let issuer = issuer(ScriptedGenerator(clock))
        let first = await logIn(issuer, Refused())
        #expect(first.sent == ["g app@a - #1"] && first.error is Refused)
        let second = await logIn(issuer)
        #expect(second.sent == ["g app@a - #2"] && second.error == nil)
        let third = await logIn(issuer, Refused())
        #expect(third.sent == ["g app@a - #2", "g app@a - #3"] && third.error == nil)
        let fourth = await logIn(issuer, Refused(), Refused())
        #expect(fourth.sent == ["g app@a - #3", "g app@a - #4"] && fourth.error is Refused)
        // The retry's own token is gone as well.
        #expect(await logIn(issuer).sent == ["g app@a - #5"])
        let outcomes = log.events.map(\.activity).filter { $0 != .issue }
        #expect(
            outcomes == [
                .connectionRefused, .connectionAccepted, .connectionRefused, .connectionAccepted, .connectionRefused,
                .connectionRefused, .connectionAccepted,
            ]
        )
        #expect(log.events.count { $0.errorCode == "Refused" } == 4)
        #expect(observer.kinds.count { $0 == .rejected } == 4 && observer.kinds.count { $0 == .invalidated } == 4)
    }

    @Test("keeps the token if the way to the server fails")
    func unreachable() async throws {
        let issuer = issuer(ScriptedGenerator(clock))
        #expect(await logIn(issuer, Unreachable()).error is Unreachable)
        #expect(await logIn(issuer, Unreachable()).sent == ["g app@a - #1"])
        #expect(await logIn(issuer).sent == ["g app@a - #1"])
        #expect(observer.kinds == [.issued, .unjudged, .reused, .unjudged, .reused, .accepted])
        // The second attempt is within the minute of the first.
        #expect(log.events.map(\.activity) == [.issue, .connectionFailed, .connectionAccepted])
        #expect(log.events[1].count == 1 && log.events[1].errorCode == "Unreachable")
        #expect(log.events[1].token == nil && log.events[1].issueID == nil)
    }

    @Test("records a server that judges no token once a minute, with a count, for each host and port by their bytes")
    func counted() async throws {
        let issuer = issuer(ScriptedGenerator(clock))
        func fail(_ host: String, _ port: Int = 5432) async {
            await #expect(throws: Unreachable.self) {
                try await issuer.withToken(
                    from: "g",
                    for: AuthTokenRequest(host: host, port: port, user: "app"),
                    isRefusal: { _ in false }
                ) { _ in throw Unreachable() }
            }
        }
        for _ in 0..<3 { await fail("caf\u{E9}") }
        await fail("cafe\u{301}")
        await fail("caf\u{E9}", 5433)
        clock.advance(by: .seconds(59))
        await fail("caf\u{E9}")
        clock.advance(by: .seconds(1))
        await fail("caf\u{E9}")
        let failed = log.events.filter { $0.activity == .connectionFailed }
        #expect(failed.map(\.count) == [1, 1, 1, 4])
        #expect(failed.map(\.port) == [5432, 5432, 5433, 5432])
        // What was counted is recorded before the next outcome once a minute has passed, as a record like the others.
        await fail("caf\u{E9}")
        for seconds in [30, 30] {
            clock.advance(by: .seconds(seconds))
            try await issuer.withToken(
                from: "g",
                for: AuthTokenRequest(host: "caf\u{E9}", port: 5432, user: "app"),
                isRefusal: { _ in false }
            ) { _ in }
        }
        await fail("caf\u{E9}")
        let last = log.events.suffix(3)
        #expect(last.map(\.activity) == [.connectionAccepted, .connectionFailed, .connectionAccepted])
        #expect(last.map(\.count) == [nil, 1, nil])
    }

    @Test("keeps a token that was accepted before the login failed, and records that it was")
    func acceptedThenFailed() async throws {
        let issuer = issuer(ScriptedGenerator(clock))
        for _ in 0..<2 {
            await #expect(throws: Refused.self) {
                try await issuer.withToken(from: "g", for: .to("a"), outcome: { _ in .accepted }) { _ in
                    throw Refused()
                }
            }
        }
        #expect(log.events.map(\.activity) == [.issue, .connectionAccepted, .connectionAccepted])
        #expect(log.events.allSatisfy { $0.errorCode == nil })
    }

    @Test("records what is counted before the log is closed, and what a server too many drives out")
    func pending() async throws {
        let issuer = issuer(ScriptedGenerator(clock))
        func fail(_ host: String, _ times: Int) async {
            for _ in 0..<times {
                await issuer.recordFailure(of: AuthTokenRequest(host: host, user: "app"), from: "g", Unreachable())
            }
        }
        await fail("first", 3)
        clock.advance(by: .seconds(1))
        for number in 1..<1000 { await fail("host \(number)", 1) }
        #expect(log.events.count == 1000)
        await fail("one more", 2)
        #expect(log.events.suffix(2).map(\.host) == ["first", "one more"])
        #expect(log.events.suffix(2).map(\.count) == [2, 1])
        await issuer.recordPendingFailures()
        #expect(log.events.count == 1003)
        let last = try #require(log.events.last)
        #expect(last.host == "one more" && last.count == 1 && last.errorCode == "Unreachable")
        // All is on record.
        await issuer.recordPendingFailures()
        #expect(log.events.count == 1003)
    }

    @Test("records a login that was canceled, as the server may have been sent the token")
    func canceled() async throws {
        let issuer = issuer(ScriptedGenerator(clock))
        await #expect(throws: CancellationError.self) {
            try await issuer.withToken(from: "g", for: .to("a"), isRefusal: { _ in true }) { _ in
                throw CancellationError()
            }
        }
        #expect(log.events.map(\.activity) == [.issue, .connectionFailed])
        #expect(log.events.last?.errorCode == "CancellationError")
        #expect(observer.kinds == [.issued, .unjudged])
    }

    @Test("closes a connection that cannot be recorded")
    func unrecorded() async throws {
        let issuer = issuer(ScriptedGenerator(clock))
        let closed = Mutex(0)
        await #expect(throws: RecordingAuditRecorder.Failure.self) {
            try await issuer.withToken(
                from: "g",
                for: .to("a"),
                isRefusal: { _ in false },
                discard: { (connection: Int) in closed.withLock { $0 += connection } },
                { _ in
                    log.setFailing(true)
                    return 7
                }
            )
        }
        #expect(closed.withLock { $0 } == 7)
    }

    @Test("does not send the same password again that was refused, as a new one cannot be had")
    func samePassword() async throws {
        let issuer = issuer(ClosureTokenGenerator(lifetime: .seconds(900), now: { clock.now }) { _ in "unchanged" })
        #expect(await logIn(issuer).sent == ["unchanged"])
        let refused = await logIn(issuer, Refused())
        #expect(refused.sent == ["unchanged"] && refused.error is Refused)
        // Nor does a later login find it in the cache.
        #expect(await logIn(issuer, Refused()).sent == ["unchanged"])
        #expect(observer.kinds.count { $0 == .issued } == 3)
        #expect(await logIn(issuer).error == nil)
    }

    @Test("waits for the next second if a signed token would be the refused one again")
    func sameSecond() async throws {
        let clock = clock
        let signed = ClosureTokenGenerator { request in
            let second = clock.now.timeIntervalSince1970.rounded(.down)
            let time = Date(timeIntervalSince1970: second)
            return AuthToken(value: "signed at \(Int(second))", kind: .signed, signedAt: time, expiresAt: time + 900)
        }
        clock.advance(by: .milliseconds(250))
        let issuer = issuer(signed)
        #expect(await logIn(issuer).sent == ["signed at 1700000000"])
        let retry = Task { await logIn(issuer, Refused()) }
        #expect(await until { clock.sleepers == 2 })
        clock.advance(by: .milliseconds(749))
        #expect(clock.sleepers == 2)
        clock.advance(by: .milliseconds(1))
        let result = await retry.value
        #expect(result.sent == ["signed at 1700000000", "signed at 1700000001"] && result.error == nil)
    }

    @Test("records the user who was asked for beside the one that the provider chose")
    func requestedUser() async throws {
        let clock = clock
        let lease = ClosureTokenGenerator { request in
            AuthToken(value: "p", signedAt: clock.now, expiresAt: nil, user: "v_\(request.user)")
        }
        #expect(await logIn(issuer(lease)).error == nil)
        #expect(log.events.map(\.user) == ["v_app", "v_app"])
        #expect(log.events.map(\.requestedUser) == ["app", "app"])
        #expect(log.events.map(\.token?.expiresAt) == [nil, nil])
        #expect(log.events.map(\.token?.fingerprint) == [nil, nil])
    }
}

/// An observer that remembers what it saw.
final class RecordingObserver: TokenObserver {
    private let seen = Mutex<[TokenObservation]>([])
    var observations: [TokenObservation] { seen.withLock { $0 } }
    var kinds: [TokenObservation.Kind] { observations.map(\.kind) }
    func observe(_ observation: TokenObservation) { seen.withLock { $0.append(observation) } }
}
