import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import PGConninfo
import PGRDSIAM
import Synchronization
import TestSupport
import Testing

/// A machine that sleeps: its wall clock jumps, and its monotonic clock may stand still.
@Suite("After a sleep", .timeLimit(.minutes(5)))
struct SleepTests {
    struct Sleep: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// How far the wall clock jumps, in seconds.
        let wall: Int
        /// How far the monotonic clock advances.
        let uptime: Duration
        /// How long the credentials live, in seconds; `nil` for a week.
        var credentials: Double?
    }

    @Test(
        "no expired token is sent: the next login makes a new one, which the server accepts at once",
        arguments: [
            Sleep(testDescription: "an hour, with a monotonic clock that stands still", wall: 3600, uptime: .zero),
            Sleep(testDescription: "an hour, with a monotonic clock that runs on", wall: 3600, uptime: .seconds(3600)),
            Sleep(testDescription: "just past the token's end", wall: 901, uptime: .zero),
            Sleep(testDescription: "past the credentials' end", wall: 400, uptime: .zero, credentials: 300),
            Sleep(testDescription: "a clock that is set back by an hour", wall: -3600, uptime: .zero),
        ]
    )
    func jump(_ sleep: Sleep) async throws {
        let server = try await RDSLookalike.start(["--user", "sleeper"])
        let clock = MovableClock()
        let uptime = Mutex(Duration.seconds(1000))
        let account = try Account(of: server).credentials()
        let source = CustomCredentialSource {
            var credentials = account
            credentials.expiration = clock.date + (sleep.credentials ?? 7 * 24 * 3600)
            return credentials
        }
        var context = CredentialContext.system
        context.now = { clock.date }
        context.uptime = { uptime.withLock { $0 } }
        let sources = AWSCredentialSourceRegistry(context: context)
        let generators = AuthTokenGeneratorRegistry(aws: [
            ("default", { [context] in RDSGenerator(credentials: source, sources: sources, context: context) })
        ])
        let issuer = TokenIssuer(
            generators: generators,
            clock: TokenClock(now: { clock.date }, uptime: { uptime.withLock { $0 } })
        )
        let conninfo = server.tokenConninfo(user: "sleeper")
        for _ in 0..<2 { _ = try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare) }
        clock.advance(by: Double(sleep.wall))
        uptime.withLock { $0 += sleep.uptime }
        try server.shiftClock(by: sleep.wall)
        for _ in 0..<2 { _ = try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare) }
        let verdicts = try server.verdicts(on: "sleeper")
        // One verdict for each login: none was refused and retried.
        #expect(verdicts.map(\.verdict) == Array(repeating: "accepted", count: 4))
        let tokens = verdicts.map(\.token_sha256)
        #expect(tokens[0] == tokens[1] && tokens[2] == tokens[3] && tokens[1] != tokens[2])
    }
}
