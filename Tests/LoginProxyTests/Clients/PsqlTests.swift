#if Proxy
import LoginProxy
import TestSupport
import Testing

@Suite("psql through the proxy", .timeLimit(.minutes(3)))
struct PsqlTests {
    private func psql(_ proxy: RunningProxy, user: String, _ arguments: [String]) async throws -> CommandResult {
        let environment = proxy.environment(user: user)
        return try await ChildProcess.run("/usr/bin/env", ["psql", "-XAtq"] + arguments, environment: environment)
    }

    @Test("psql logs in without a password, and the server has judged one token")
    func login() async throws {
        let server = try await SharedServer.value
        let user = "proxied1"
        let proxy = try await RunningProxy.start([server.upstream(user: user)], issuer: server.issuer())
        let result = try await psql(proxy, user: user, ["-c", "select current_user"])
        #expect(result.lines == [user], "\(result.errors) \(proxy.log.all)")
        #expect(try server.verdicts(on: user).map(\.verdict) == ["accepted"])
        try await proxy.stop()
    }
}
#endif
