import AWSGenerators
import AuthTokens
import Foundation
import LoginDiagnosis
import PGConninfo
import PGRDSIAM
import TestSupport
import Testing

@Suite("A tunnel on this machine that speaks TLS", .timeLimit(.minutes(5)))
struct TLSTunnelTests {
    /// The near end of a tunnel (`Fixtures/rds-lookalike/tls-tunnel`).
    private struct Tunnel {
        let port: Int
        let process: ServerProcess

        static func start(to server: RDSLookalike, authority: String? = nil) async throws -> Tunnel {
            struct Facts: Decodable { let port: Int }
            let process = try await ServerProcess.start(
                Repository.path("Fixtures/rds-lookalike/tls-tunnel"),
                ["\(server.facts.port)", authority ?? server.facts.ca, server.facts.host]
            )
            return Tunnel(port: try JSONDecoder().decode(Facts.self, from: process.facts).port, process: process)
        }
    }

    private func conninfo(_ user: String, at server: RDSLookalike, _ tunnel: Tunnel, _ more: String = "") -> String {
        "\(server.conninfo(user: user)) port=\(tunnel.port) aws_rds_iam_port=\(server.facts.port) "
            + "aws_rds_iam_auth_token_generator=default \(more)"
    }

    @Test("gets the token if the connection string says what it is, and the server has TLS all the same")
    func login() async throws {
        let server = try await SharedServer.value
        let tunnel = try await Tunnel.start(to: server)
        let connection = try await RDSIAM.connect(
            conninfo("user31", at: server, tunnel, "aws_rds_iam_tls_tunnel=1"),
            issuer: server.issuer(),
            environment: .bare
        )
        #expect(connection.facts.tlsVersion == nil)
        #expect(try await connection.value("select ssl from pg_stat_ssl where pid = pg_backend_pid()") == "t")
        await connection.close()
        withExtendedLifetime(tunnel.process) {}
    }

    @Test("gets nothing without that, nor if it does not trust the server")
    func refused() async throws {
        let server = try await SharedServer.value
        let tunnel = try await Tunnel.start(to: server)
        let untold = await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(
                conninfo("user32", at: server, tunnel),
                issuer: server.issuer(),
                environment: .bare
            )
        }
        #expect(untold?.likelyCauses.first?.code == .noTLS)
        let other = try await ScriptedServer.shared.certificate
        let distrustful = try await Tunnel.start(to: server, authority: other)
        let broken = await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(
                conninfo("user32", at: server, distrustful, "aws_rds_iam_tls_tunnel=1"),
                issuer: server.issuer(),
                environment: .bare
            )
        }
        #expect(broken?.likelyCauses.first?.code == .connectionClosed)
        #expect(try server.verdicts(on: "user32").isEmpty)
        for process in [tunnel.process, distrustful.process] { withExtendedLifetime(process) {} }
    }
}
