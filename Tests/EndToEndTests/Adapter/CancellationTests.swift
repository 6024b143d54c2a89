import AuthTokens
import Foundation
import PGConninfo
import PGRDSIAM
import TestSupport
import Testing

@Suite("Canceling an attempt to connect", .timeLimit(.minutes(5)))
struct CancellationTests {
    @Test("at a random moment ends it, and the server accepts further logins")
    func anyMoment() async throws {
        // A session whose client has gone may wait for the judge of its token, all of them at worst.
        let server = try await RDSLookalike.start(["--user", "hasty", "--postgres-option", "max_connections=1100"])
        let issuer = try server.issuer()
        let conninfo = server.tokenConninfo(user: "hasty")
        let ends = await withTaskGroup(of: String.self) { group in
            var ends: [String: Int] = [:]
            for index in 0..<1000 {
                if index >= 16, let end = await group.next() { ends[end, default: 0] += 1 }
                group.addTask { await Self.attempt(conninfo, issuer, for: .microseconds(Int.random(in: 0...30_000))) }
            }
            for await end in group { ends[end, default: 0] += 1 }
            return ends
        }
        #expect(ends.values.reduce(0, +) == 1000)
        #expect(Set(ends.keys).isSubset(of: ["connected", "canceled"]), "\(ends)")
        #expect(ends["canceled", default: 0] > 0)
        let connection = try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare)
        #expect(try await connection.value("select current_user") == "hasty")
    }

    /// Connects and cancels after a time, then returns how it ended.
    private static func attempt(_ conninfo: String, _ issuer: TokenIssuer, for time: Duration) async -> String {
        let task = Task { try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare) }
        try? await Task.sleep(for: time)
        task.cancel()
        do {
            _ = try await task.finished()
            return "connected"
        } catch is CancellationError {
            return "canceled"
        } catch {
            return "\(error)"
        }
    }

    @Test("that waits for a silent server ends it, and closes the socket", arguments: 0..<8)
    func silent(time: Int) async throws {
        let server = try await SharedServer.value
        let silent = try SilentServer()
        let conninfo = server.tokenConninfo(user: "andrew", "port=\(silent.port)")
        let issuer = try server.issuer()
        let task = Task { try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare) }
        let client = try await silent.client()
        defer { withExtendedLifetime(silent) {} }
        #expect(try await client.hasAsked())
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.finished() }
        #expect(try await client.hangsUp(), "attempt \(time)")
    }
}
