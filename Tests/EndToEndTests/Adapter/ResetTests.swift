import AWSCredentialSources
import AuthTokens
import Foundation
import PGConninfo
import PGRDSIAM
import RDSGenerator
import TestSupport
import Testing

@Suite("A connection that was lost")
struct ResetTests {
    @Test("comes back with a fresh token after its server was killed and its old token has expired")
    func reset() async throws {
        let server = try await RDSLookalike.start(["--user", "reset", "--restart"])
        let now = MovableClock()
        let issuer = try server.issuer(now: { now.date })
        let connection = try await PGRDSIAM.connect(
            server.tokenConninfo(user: "reset"),
            issuer: issuer,
            environment: .bare
        )
        try await server.crash()
        let error = await #expect(throws: PGRDSIAMError.self) {
            for _ in 0..<100 {
                _ = try await connection.execute("select 1")
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        #expect(error?.code == .connectionFailed)
        try server.shiftClock(by: 1000)
        now.advance(by: 1000)
        try await eventually { try await connection.reset() }
        #expect(try await connection.value("select current_user") == "reset")
        let verdicts = try server.verdicts(on: "reset").filter { $0.verdict == "accepted" }
        #expect(Set(verdicts.map(\.token_sha256)).count == 2)
    }

    @Test("stays lost when it is closed while it connects anew, whatever the server does")
    func closedMeanwhile() async throws {
        let server = try await RDSLookalike.start(["--user", "reset"])
        let connection = try await PGRDSIAM.connect(
            server.tokenConninfo(user: "reset"),
            issuer: server.issuer(),
            environment: .bare
        )
        kill(server.facts.postmaster, SIGSTOP)
        defer { kill(server.facts.postmaster, SIGCONT) }
        let reset = Task { try await connection.reset() }
        try await Task.sleep(for: .milliseconds(300))
        let queued = Task { try await connection.execute("select 1") }
        try await Task.sleep(for: .milliseconds(100))
        await connection.close()
        for task in [reset, Task { _ = try await queued.value }] {
            let error = await #expect(throws: PGRDSIAMError.self) { try await task.value }
            #expect(error?.code == .closed)
        }
    }

    @Test("is not waited for: a statement that hangs on it fails, and the reset goes on")
    func hanging() async throws {
        let server = try await SharedServer.value
        let connection = try await PGRDSIAM.connect(
            server.tokenConninfo(user: "andrew"),
            issuer: server.issuer(),
            environment: .bare
        )
        let first = try #require(try await connection.value("select pg_backend_pid()"))
        let hanging = Task { try await connection.execute("select pg_sleep(600)") }
        try await Task.sleep(for: .milliseconds(200))
        try await connection.reset()
        await #expect(throws: PGRDSIAMError.self) { try await hanging.value }
        #expect(try await connection.value("select pg_backend_pid()") != first)
    }

    @Test("is let go of even where no token can be had for another")
    func noToken() async throws {
        let server = try await SharedServer.value
        let (now, uses) = (MovableClock(), Counter())
        let inner = RDSGenerator(credentials: .static(try Account(of: server).credentials()))
        let generators = AuthTokenGeneratorRegistry(defaults: [("default", { OneToken(inner: inner, uses: uses) })])
        let issuer = TokenIssuer(generators: generators, now: { now.date })
        let connection = try await PGRDSIAM.connect(
            server.tokenConninfo(user: "andrew"),
            issuer: issuer,
            environment: .bare
        )
        let process = try #require(try await connection.value("select pg_backend_pid()"))
        now.advance(by: 1000)
        await #expect(throws: Gone.self) { try await connection.reset() }
        let error = await #expect(throws: PGRDSIAMError.self) { try await connection.execute("select 1") }
        #expect(error?.code == .closed)
        let watcher = try await PGRDSIAM.connect(
            "host=\(server.facts.socket) port=\(server.facts.port) user=postgres dbname=postgres",
            environment: .bare
        )
        try await eventually {
            let count = try await watcher.value("select count(*) from pg_stat_activity where pid = \(process)")
            if count != "0" { throw Gone() }
        }
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

    /// Tries until it works, for as long as a server may take to come back.
    private func eventually(_ body: () async throws -> Void) async throws {
        for _ in 0..<300 {
            do { return try await body() } catch { try await Task.sleep(for: .milliseconds(100)) }
        }
        try await body()
    }
}
