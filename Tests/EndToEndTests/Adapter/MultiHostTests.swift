import AWSCredentialSources
import AuthTokens
import Foundation
import PGConninfo
import PGRDSIAM
import RDSGenerator
import TestSupport
import Testing

@Suite("Several hosts in one connection string")
struct MultiHostTests {
    @Test("are tried in order, each with a token of its own")
    func order() async throws {
        let trio = try await Trio.start()
        let connection = try await PGRDSIAM.connect(trio.conninfo(), issuer: trio.issuer, environment: .bare)
        #expect(connection.facts.host == "db0.abcdefghijkl.eu-west-2.rds.amazonaws.com")
        #expect(try trio.verdicts() == [["accepted"], [], []])
        #expect(connection.facts.tokenExpiresAt != nil)
    }

    @Test("beyond a dead first one, the next lets its own token in, whatever PGPASSWORD says")
    func deadFirst() async throws {
        let trio = try await Trio.start()
        let dead = try SilentServer(isListening: false)
        let ports = [dead.port, trio.servers[1].facts.port, trio.servers[2].facts.port].map(String.init).joined(
            separator: ","
        )
        let environment = ConninfoEnvironment(variables: ["PGPASSWORD": "stale"], userName: "nobody")
        let connection = try await PGRDSIAM.connect(
            trio.conninfo(ports: ports),
            issuer: trio.issuer,
            environment: environment
        )
        #expect(connection.facts.host == "db1.abcdefghijkl.eu-west-2.rds.amazonaws.com")
        #expect(try trio.verdicts() == [[], ["accepted"], []])
        withExtendedLifetime(dead) {}
    }

    @Test("are told apart by their addresses where one port is for all; each asks for its own token")
    func onePort() async throws {
        let trio = try await Trio.startOnOnePort()
        #expect(Set(trio.servers.map(\.facts.port)).count == 1)
        let port = "\(trio.servers[0].facts.port)"
        var tokens: Set<String?> = []
        for (index, server) in trio.servers.enumerated() {
            let connection = try await PGRDSIAM.connect(
                trio.conninfo(ports: port),
                issuer: trio.issuer,
                environment: .bare
            )
            #expect(connection.facts.host.hasPrefix("db\(index)."))
            #expect(connection.facts.port == port)
            let verdicts = try server.verdicts(on: "trio")
            #expect(verdicts.map(\.verdict) == ["accepted"])
            tokens.formUnion(verdicts.map(\.token_sha256))
            // Out of the way, for the next to have its turn.
            try await server.crash()
        }
        #expect(tokens.count == 3)
    }

    @Test(
        "with one first that does not do, the next does; both have seen their own token",
        arguments: [
            (["--postgres-option", "default_transaction_read_only=on"], "read-write"),
            (["--standby"], "read-write"), (["--standby"], "primary"),
        ]
    )
    func unfitFirst(_ options: [String], _ wanted: String) async throws {
        let trio = try await Trio.start([options, [], []])
        let connection = try await PGRDSIAM.connect(
            trio.conninfo("target_session_attrs=\(wanted)"),
            issuer: trio.issuer,
            environment: .bare
        )
        #expect(connection.facts.host == "db1.abcdefghijkl.eu-west-2.rds.amazonaws.com")
        #expect(try trio.verdicts() == [["accepted"], ["accepted"], []])
    }

    @Test("whose list of ports does not fit are refused as libpq refuses them")
    func portCount() async throws {
        let server = try await SharedServer.value
        let conninfo =
            "host=a,b,c port=1,2 user=u aws_rds_iam_auth_token_generator=default aws_rds_iam_region=eu-west-2"
        let error = await #expect(throws: ConninfoError.self) {
            try await PGRDSIAM.connect(conninfo, issuer: server.issuer(), environment: .bare)
        }
        #expect(error?.code == .portCountMismatch)
    }

    @Test("that all refuse the connection are an error that names no token")
    func allDead() async throws {
        let trio = try await Trio.start()
        let error = await #expect(throws: PGRDSIAMError.self) {
            try await PGRDSIAM.connect(trio.conninfo(ports: "1"), issuer: trio.issuer, environment: .bare)
        }
        #expect(error?.code == .connectionFailed)
        #expect(error?.message.contains("Connection refused") == true)
        #expect(error?.message.contains("X-Amz") == false)
        #expect(error?.message.contains("\t") == false)
        #expect(error?.endpoint == nil)
    }

    @Test("with one that never answers, go on to the next after connect_timeout", arguments: [false, true])
    func silentFirst(_ comesBack: Bool) async throws {
        let trio = try await Trio.start()
        let silent = try SilentServer()
        let ports = [silent.port, trio.servers[1].facts.port, trio.servers[2].facts.port].map(String.init).joined(
            separator: ","
        )
        let attributes = comesBack ? "target_session_attrs=prefer-standby" : ""
        let connection = try await PGRDSIAM.connect(
            trio.conninfo(ports: ports, "connect_timeout=2 \(attributes)"),
            issuer: trio.issuer,
            environment: .bare
        )
        #expect(connection.facts.host.hasPrefix("db1.") || comesBack && connection.facts.host.hasPrefix("db2."))
        let alone = await #expect(throws: PGRDSIAMError.self) {
            try await PGRDSIAM.connect(
                trio.conninfo(ports: "\(silent.port)", "connect_timeout=2"),
                issuer: trio.issuer,
                environment: .bare
            )
        }
        #expect(alone?.code == .timedOut)
    }

    @Test("with one that refuses and one that never answers, reach the last; connect_timeout is each server's own")
    func deadThenSilent() async throws {
        let trio = try await Trio.start()
        let (dead, silent) = (try SilentServer(isListening: false), try SilentServer())
        let ports = [dead.port, silent.port, trio.servers[2].facts.port].map(String.init).joined(separator: ",")
        let connection = try await PGRDSIAM.connect(
            trio.conninfo(ports: ports, "connect_timeout=2"),
            issuer: trio.issuer,
            environment: .bare
        )
        #expect(connection.facts.host.hasPrefix("db2."))
        #expect(try trio.verdicts() == [[], [], ["accepted"]])
        withExtendedLifetime(dead) {}
    }

    @Test("with addresses and no names go on after connect_timeout as well")
    func silentAddress() async throws {
        let trio = try await Trio.start()
        let silent = try SilentServer()
        let connection = try await PGRDSIAM.connect(
            """
            hostaddr=127.0.0.1,127.0.0.1 port=\(silent.port),\(trio.servers[1].facts.port) user=trio dbname=postgres \
            sslmode=require connect_timeout=2 aws_rds_iam_auth_token_generator=default \
            aws_rds_iam_host=db1.abcdefghijkl.eu-west-2.rds.amazonaws.com
            """,
            issuer: trio.issuer,
            environment: .bare
        )
        #expect(connection.facts.port == "\(trio.servers[1].facts.port)")
        #expect(try trio.verdicts() == [[], ["accepted"], []])
    }

    @Test("keep to connect_timeout where there is no token, too")
    func withoutToken() async throws {
        let server = try await SharedServer.value
        let silent = try SilentServer()
        let user = "user=postgres dbname=postgres connect_timeout=2"
        let connection = try await PGRDSIAM.connect(
            "host=127.0.0.1,\(server.facts.socket) port=\(silent.port),\(server.facts.port) \(user)",
            environment: .bare
        )
        #expect(connection.facts.host == server.facts.socket)
        let alone = await #expect(throws: PGRDSIAMError.self) {
            try await PGRDSIAM.connect("host=127.0.0.1 port=\(silent.port) \(user)", environment: .bare)
        }
        #expect(alone?.code == .timedOut)
        #expect(alone?.endpoint == "127.0.0.1:\(silent.port)")
    }

    @Test("with a name that is not found, go on to the next; the last failure tells where none is found")
    func unknownName() async throws {
        let server = try await SharedServer.value
        // Too long to be a name: nobody is asked.
        let unknown = String(repeating: "a", count: 300)
        let connection = try await PGRDSIAM.connect(
            "host=\(unknown),\(server.facts.socket) port=\(server.facts.port) user=postgres dbname=postgres",
            environment: .bare
        )
        #expect(connection.facts.host == server.facts.socket)
        let error = await #expect(throws: PGRDSIAMError.self) {
            try await PGRDSIAM.connect("host=\(unknown),\(unknown) user=u", environment: .bare)
        }
        #expect(error?.code == .connectionFailed)
        #expect(error?.message.contains("Could not look up the host name") == true)
    }
}
