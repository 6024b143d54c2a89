import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import PGConninfo
import PGRDSIAM
import TestSupport
import Testing

@Suite("Several hosts in one connection string", .timeLimit(.minutes(10)))
struct MultiHostTests {
    @Test("are tried in order, each with a token of its own")
    func order() async throws {
        let trio = try await Trio.start()
        let connection = try await RDSIAM.connect(trio.conninfo(), issuer: trio.issuer, environment: .bare)
        #expect(connection.facts.host == "db0.abcdefghijkl.eu-west-2.rds.amazonaws.com")
        #expect(try trio.verdicts() == [["accepted"], [], []])
        #expect(connection.facts.tokenExpiresAt != nil)
    }

    @Test("with a dead one first, end at the next with its own token, whatever PGPASSWORD is")
    func deadFirst() async throws {
        let trio = try await Trio.start()
        let dead = try SilentServer(isListening: false)
        defer { withExtendedLifetime(dead) {} }
        let ports = [dead.port, trio.servers[1].facts.port, trio.servers[2].facts.port].map(String.init).joined(
            separator: ","
        )
        let environment = ConninfoEnvironment(variables: ["PGPASSWORD": "stale"], userName: "os-user")
        let connection = try await RDSIAM.connect(
            trio.conninfo(ports: ports),
            issuer: trio.issuer,
            environment: environment
        )
        #expect(connection.facts.host == "db1.abcdefghijkl.eu-west-2.rds.amazonaws.com")
        #expect(try trio.verdicts() == [[], ["accepted"], []])
    }

    @Test("are told apart by their addresses if they share one port; each gets its own token")
    func onePort() async throws {
        let trio = try await Trio.startOnOnePort()
        #expect(Set(trio.servers.map(\.facts.port)).count == 1)
        let port = "\(trio.servers[0].facts.port)"
        var tokens: Set<String?> = []
        for (index, server) in trio.servers.enumerated() {
            let connection: PGConnection
            do {
                connection = try await RDSIAM.connect(
                    trio.conninfo(ports: port),
                    issuer: trio.issuer,
                    environment: .bare
                )
            } catch {
                let said = try trio.servers.map { try $0.verdicts(on: "trio").map { $0.reason ?? $0.verdict } }
                Issue.record(error, "At login \(index), the servers' judges had said \(said).")
                return
            }
            #expect(connection.facts.host.hasPrefix("db\(index)."))
            #expect(connection.facts.port == port)
            let verdicts = try server.verdicts(on: "trio")
            #expect(verdicts.map(\.verdict) == ["accepted"])
            tokens.formUnion(verdicts.map(\.token_sha256))
            // The next login reaches the next server.
            try await server.crash()
        }
        #expect(tokens.count == 3)
    }

    @Test(
        "with an unfit one first, end at the next; each of the two has got its own token",
        arguments: [
            (["--postgres-option", "default_transaction_read_only=on"], "read-write"),
            (["--standby"], "read-write"), (["--standby"], "primary"),
        ]
    )
    func unfitFirst(_ options: [String], _ wanted: String) async throws {
        let trio = try await Trio.start([options, [], []])
        let connection = try await RDSIAM.connect(
            trio.conninfo("target_session_attrs=\(wanted)"),
            issuer: trio.issuer,
            environment: .bare
        )
        #expect(connection.facts.host == "db1.abcdefghijkl.eu-west-2.rds.amazonaws.com")
        #expect(try trio.verdicts() == [["accepted"], ["accepted"], []])
    }

    @Test("with a list of ports of another length are refused, as by libpq")
    func portCount() async throws {
        let server = try await SharedServer.value
        let conninfo =
            "host=a,b,c port=1,2 user=u aws_rds_iam_auth_token_generator=default aws_rds_iam_region=eu-west-2"
        let error = await #expect(throws: ConninfoError.self) {
            try await RDSIAM.connect(conninfo, issuer: server.issuer(), environment: .bare)
        }
        #expect(error?.code == .portCountMismatch)
    }

    @Test("that all refuse the connection are an error that names no token")
    func allDead() async throws {
        let trio = try await Trio.start()
        let error = await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(trio.conninfo(ports: "1"), issuer: trio.issuer, environment: .bare)
        }
        #expect(error?.code == .connectionFailed)
        #expect(error?.message.contains("Connection refused") == true)
        #expect(error?.message.contains("X-Amz") == false)
        #expect(error?.message.contains("\t") == false)
        // The last one that was tried; the others are named as well, each with its address.
        #expect(error?.endpoint == "db2.abcdefghijkl.eu-west-2.rds.amazonaws.com:1")
        #expect(error?.isRetryable == true && error?.earlierFailures.count == 2)
        let text = error.map { "\($0)" } ?? ""
        for number in 0..<3 {
            let name = "The server db\(number).abcdefghijkl.eu-west-2.rds.amazonaws.com:1 (127.0.0.1) cannot be used"
            #expect(text.contains(name), "\(text)")
        }
        #expect(!text.contains { $0.isNewline })
    }

    @Test("are all named in the error without a generator too, which has the SQLSTATE of the refusal")
    func withoutGenerator() async throws {
        let server = try await RDSLookalike.start(["--password-user", "anna:right"])
        let (host, port) = (server.facts.host, server.facts.port)
        let error = await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(
                "host=dead.example.com,\(host) hostaddr=127.0.0.9,127.0.0.1 port=\(port) user=anna dbname=postgres "
                    + "password=wrong sslmode=prefer",
                environment: .bare
            )
        }
        #expect(error?.code == .loginRefused && error?.sqlState == "28P01" && error?.isRetryable == false)
        #expect(error?.endpoint == "\(host):\(port)")
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("\(host):\(port) (127.0.0.1) refused the login"), "\(text)")
        #expect(text.contains("dead.example.com:\(port) (127.0.0.9) cannot be used"), "\(text)")
    }

    private struct NoToken: Error, CustomStringConvertible {
        let description = "The vault is sealed."
    }

    @Test("of which one has no token end at the next, and the error names each if none lets the user in")
    func sealed() async throws {
        let trio = try await Trio.start()
        let account = AWSCredentials(accessKeyID: "AKIATESTTRIO", secretAccessKey: "trio-secret")
        func issuer(_ sealed: String) -> TokenIssuer {
            TokenIssuer(
                generators: AuthTokenGeneratorRegistry(aws: [
                    (
                        "default",
                        {
                            ClosureTokenGenerator { request in
                                if sealed.contains(request.host.prefix(3)) { throw NoToken() }
                                return try await RDSGenerator(credentials: .static(account)).token(for: request)
                            }
                        }
                    )
                ])
            )
        }
        let connection = try await RDSIAM.connect(trio.conninfo(), issuer: issuer("db0"), environment: .bare)
        #expect(connection.facts.host.hasPrefix("db1."))
        #expect(connection.facts.earlierFailures.contains { $0 is NoToken })
        let mixed = await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(trio.conninfo(ports: "1"), issuer: issuer("db0 db2"), environment: .bare)
        }
        #expect(mixed?.code == .noToken && mixed?.underlyingError is NoToken)
        #expect(mixed?.endpoint == "db2.abcdefghijkl.eu-west-2.rds.amazonaws.com:1")
        // The one that could not be reached may be back later.
        #expect(mixed?.isRetryable == true)
        let text = mixed.map { "\($0)" } ?? ""
        for number in [0, 2] {
            let name = """
                The token for db\(number).abcdefghijkl.eu-west-2.rds.amazonaws.com:1 (127.0.0.1) could not be made or put \
                on record. The vault
                """
            #expect(text.contains(name), "\(text)")
        }
        #expect(text.contains("The server db1.abcdefghijkl.eu-west-2.rds.amazonaws.com:1 (127.0.0.1) cannot be used"))
        // Of one server alone, the issuer's error is what the caller gets.
        await #expect(throws: NoToken.self) {
            try await RDSIAM.connect(
                "host=db0.abcdefghijkl.eu-west-2.rds.amazonaws.com user=trio aws_rds_iam_auth_token_generator=default",
                issuer: issuer("db0"),
                environment: .bare
            )
        }
        #expect(try trio.verdicts() == [[], ["accepted"], []])
    }

    @Test("with one that never answers first, end at the next after connect_timeout", arguments: [false, true])
    func silentFirst(_ comesBack: Bool) async throws {
        let trio = try await Trio.start()
        let silent = try SilentServer()
        defer { withExtendedLifetime(silent) {} }
        let ports = [silent.port, trio.servers[1].facts.port, trio.servers[2].facts.port].map(String.init).joined(
            separator: ","
        )
        let attributes = comesBack ? "target_session_attrs=prefer-standby" : ""
        let connection = try await RDSIAM.connect(
            trio.conninfo(ports: ports, "connect_timeout=30 \(attributes)"),
            issuer: trio.issuer,
            environment: .bare
        )
        #expect(connection.facts.host.hasPrefix("db1.") || comesBack && connection.facts.host.hasPrefix("db2."))
        let alone = await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(
                trio.conninfo(ports: "\(silent.port)", "connect_timeout=30"),
                issuer: trio.issuer,
                environment: .bare
            )
        }
        #expect(alone?.code == .timedOut)
    }

    @Test("with one that refuses and one that never answers first, end at the last; each has its own connect_timeout")
    func deadThenSilent() async throws {
        let trio = try await Trio.start()
        let (dead, silent) = (try SilentServer(isListening: false), try SilentServer())
        defer { withExtendedLifetime((dead, silent)) {} }
        let ports = [dead.port, silent.port, trio.servers[2].facts.port].map(String.init).joined(separator: ",")
        let connection = try await RDSIAM.connect(
            trio.conninfo(ports: ports, "connect_timeout=30"),
            issuer: trio.issuer,
            environment: .bare
        )
        #expect(connection.facts.host.hasPrefix("db2."))
        #expect(try trio.verdicts() == [[], [], ["accepted"]])
    }

    @Test("with addresses and no names go on after connect_timeout, too")
    func silentAddress() async throws {
        let trio = try await Trio.start()
        let silent = try SilentServer()
        defer { withExtendedLifetime(silent) {} }
        let connection = try await RDSIAM.connect(
            """
            hostaddr=127.0.0.1,127.0.0.1 port=\(silent.port),\(trio.servers[1].facts.port) user=trio dbname=postgres \
            sslmode=require connect_timeout=30 aws_rds_iam_auth_token_generator=default \
            aws_rds_iam_host=db1.abcdefghijkl.eu-west-2.rds.amazonaws.com
            """,
            issuer: trio.issuer,
            environment: .bare
        )
        #expect(connection.facts.port == "\(trio.servers[1].facts.port)")
        #expect(try trio.verdicts() == [[], ["accepted"], []])
    }

    @Test("are each limited by connect_timeout without a token, too")
    func withoutToken() async throws {
        let server = try await SharedServer.value
        let silent = try SilentServer()
        defer { withExtendedLifetime(silent) {} }
        let user = "user=postgres dbname=postgres connect_timeout=30"
        let connection = try await RDSIAM.connect(
            "host=127.0.0.1,\(server.facts.socket) port=\(silent.port),\(server.facts.port) \(user)",
            environment: .bare
        )
        #expect(connection.facts.host == server.facts.socket)
        let alone = await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect("host=127.0.0.1 port=\(silent.port) \(user)", environment: .bare)
        }
        #expect(alone?.code == .timedOut)
        #expect(alone?.endpoint == "127.0.0.1:\(silent.port)")
    }

    @Test("with a name that is not found, end at the next; if no name is found, the last failure is the error")
    func unknownName() async throws {
        let server = try await SharedServer.value
        // Too long to be a name: no name server is asked.
        let unknown = String(repeating: "a", count: 300)
        let connection = try await RDSIAM.connect(
            "host=\(unknown),\(server.facts.socket) port=\(server.facts.port) user=postgres dbname=postgres",
            environment: .bare
        )
        #expect(connection.facts.host == server.facts.socket)
        let error = await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect("host=\(unknown),\(unknown) user=u", environment: .bare)
        }
        #expect(error?.code == .connectionFailed)
        #expect(error?.message.contains("Could not look up the host name") == true)
    }
}
