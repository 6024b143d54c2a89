import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import PGConninfo
import PGRDSIAM
import TestSupport
import Testing

@testable import LibpqClient

@Suite("A connection that was lost", .timeLimit(.minutes(5)))
struct ResetTests {
    @Test("comes back with a new token after its server was killed and its old token has expired")
    func reset() async throws {
        let server = try await RDSLookalike.start(["--user", "reset", "--restart"])
        let now = MovableClock()
        let issuer = try server.issuer(now: { now.date })
        let connection = try await RDSIAM.connect(
            server.tokenConninfo(user: "reset"),
            issuer: issuer,
            environment: .bare
        )
        try await server.crash()
        let error = await #expect(throws: PGError.self) {
            _ = try await comesTrue {
                _ = try await connection.execute("select 1")
                return false
            }
        }
        #expect(error?.code == .connectionFailed)
        try server.shiftClock(by: 1000)
        now.advance(by: 1000)
        #expect(try await comesTrue { (try? await connection.reset()) != nil })
        #expect(try await connection.value("select current_user") == "reset")
        let verdicts = try server.verdicts(on: "reset").filter { $0.verdict == "accepted" }
        #expect(Set(verdicts.map(\.token_sha256)).count == 2)
    }

    @Test("stays closed if it is closed during a reset, whatever the server does")
    func closedDuringReset() async throws {
        let server = try await SharedServer.value
        let silent = try SilentServer(isListening: false)
        // The first server refuses the login, and never answers the reset.
        let servers = """
            host=\(server.facts.host),\(server.facts.host) hostaddr=127.0.0.1,127.0.0.1 \
            port=\(silent.port),\(server.facts.port)
            """
        let connection = try await RDSIAM.connect(
            server.tokenConninfo(user: "user27", servers),
            issuer: server.issuer(),
            environment: .bare
        )
        try silent.startListening()
        let reset = Task { try await connection.reset() }
        let client = try await silent.client()
        defer { withExtendedLifetime((silent, client)) {} }
        #expect(try await client.hasAsked())
        let loop = connection.session.loop
        let queued = Task(executorPreference: loop) { _ = try await connection.execute("select 1") }
        // A loop runs its jobs in order: the statement is in the queue when the next job has run.
        await Task(executorPreference: loop) {}.value
        await connection.close()
        for task in [reset, queued] {
            let error = await #expect(throws: PGError.self) { try await task.finished() }
            #expect(error?.code == .closed)
        }
    }

    @Test("is reset at once: a statement that hangs on it fails, and the reset goes on")
    func hanging() async throws {
        let server = try await SharedServer.value
        let connection = try await RDSIAM.connect(
            server.tokenConninfo(user: "andrew"),
            issuer: server.issuer(),
            environment: .bare
        )
        let watcher = try await server.superuser()
        let first = try #require(try await connection.value("select pg_backend_pid()"))
        let hanging = Task { try await connection.execute("select pg_sleep(90)") }
        #expect(try await comesTrue { try await watcher.sees("pid = \(first) and wait_event = 'PgSleep'") })
        try await connection.reset()
        await #expect(throws: PGError.self) { try await hanging.finished() }
        #expect(try await connection.value("select pg_backend_pid()") != first)
    }

    @Test("is closed by a reset even if there is no token for another")
    func noToken() async throws {
        let server = try await SharedServer.value
        let (now, uses) = (MovableClock(), Counter())
        let inner = RDSGenerator(credentials: .static(try Account(of: server).credentials()))
        let generators = AuthTokenGeneratorRegistry(aws: [("default", { OneToken(inner: inner, uses: uses) })])
        let issuer = TokenIssuer(generators: generators, now: { now.date })
        let connection = try await RDSIAM.connect(
            server.tokenConninfo(user: "andrew"),
            issuer: issuer,
            environment: .bare
        )
        let process = try #require(try await connection.value("select pg_backend_pid()"))
        now.advance(by: 1000)
        await #expect(throws: Gone.self) { try await connection.reset() }
        let error = await #expect(throws: PGError.self) { try await connection.execute("select 1") }
        #expect(error?.code == .closed)
        let watcher = try await server.superuser()
        #expect(try await comesTrue { try await !watcher.sees("pid = \(process)") })
    }

    private struct Gone: Error {}

    /// A generator that fails from the second token on.
    private struct OneToken: AuthTokenGenerator {
        let inner: RDSGenerator
        let uses: Counter

        func token(for request: AuthTokenRequest) async throws -> AuthToken {
            uses.increment()
            guard uses.count == 1 else { throw Gone() }
            return try await inner.token(for: request)
        }
    }
}
