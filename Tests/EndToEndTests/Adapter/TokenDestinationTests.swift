import AuthTokens
import Foundation
import PGConninfo
import PGRDSIAM
import TestSupport
import Testing

@Suite("A connection string with a generator", .timeLimit(.minutes(5)))
struct TokenDestinationTests {
    /// Settings beside the connection string that lead to a trap.
    struct Lure: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Keywords after those of the server, or instead of them.
        var string = ""
        /// Whether the string names the server.
        var namesServer = false
        var variables: [String: String] = [:]
        var service: String?

        /// `@DIR`, `@PORT` and `@HOST` stand for the trap's directory and port, and for the server's name.
        fileprivate func fill(_ text: String, _ trap: PasswordTrap, _ server: RDSLookalike) -> String {
            text.replacing("@DIR", with: trap.folder.url.path).replacing("@PORT", with: "\(trap.port)")
                .replacing("@HOST", with: server.facts.host)
        }

        fileprivate func conninfo(_ trap: PasswordTrap, _ server: RDSLookalike) -> String {
            let start =
                namesServer
                ? server.tokenConninfo(user: "andrew")
                : "user=andrew dbname=postgres aws_rds_iam_auth_token_generator=default aws_rds_iam_region=eu-west-2"
            return start + " connect_timeout=60 " + fill(string, trap, server)
        }

        fileprivate func environment(_ trap: PasswordTrap, _ server: RDSLookalike) -> ConninfoEnvironment {
            var variables = variables.mapValues { fill($0, trap, server) }
            var files: [String: String] = [:]
            if let service {
                variables.merge(["PGSERVICEFILE": "/services", "PGSERVICE": "lure"]) { $1 }
                files["/services"] = "[lure]\n" + fill(service, trap, server)
            }
            return ConninfoEnvironment(variables: variables, userName: "os-user", files: .inMemory(files))
        }
    }

    static let overridden = [
        Lure(
            testDescription: "all variables",
            namesServer: true,
            variables: ["PGHOST": "@DIR", "PGHOSTADDR": "127.0.0.1", "PGPORT": "@PORT", "PGUSER": "u"]
        ),
        Lure(testDescription: "a socket", namesServer: true, variables: ["PGHOST": "@DIR", "PGPORT": "@PORT"]),
        Lure(
            testDescription: "a service of the environment",
            namesServer: true,
            service: "host=@DIR\nhostaddr=127.0.0.1\nport=@PORT\n"
        ),
    ]

    @Test("reaches the server that it names, whatever the environment names", arguments: overridden)
    func namedServer(_ lure: Lure) async throws {
        let (server, trap) = (try await SharedServer.value, try PasswordTrap())
        let connection = try await RDSIAM.connect(
            lure.conninfo(trap, server),
            issuer: server.issuer(),
            environment: lure.environment(trap, server)
        )
        #expect(try await connection.value("select current_user") == "andrew")
        #expect(trap.clientCount == 0 && trap.bytes.isEmpty)
    }

    static let refused = [
        Lure(testDescription: "PGHOST is a socket", variables: ["PGHOST": "@DIR", "PGPORT": "@PORT"]),
        Lure(
            testDescription: "PGHOST is a socket, with an address",
            variables: ["PGHOST": "@DIR", "PGHOSTADDR": "127.0.0.1", "PGPORT": "@PORT"]
        ),
        Lure(
            testDescription: "PGHOST lists a socket",
            variables: ["PGHOST": "@HOST,@DIR", "PGPORT": "@PORT"]
        ),
        Lure(testDescription: "no host at all", variables: ["PGPORT": "@PORT"]),
        Lure(testDescription: "a service's socket", service: "host=@DIR\nport=@PORT\n"),
        Lure(testDescription: "a service without TLS", service: "host=127.0.0.1\nport=@PORT\nsslmode=disable\n"),
        Lure(testDescription: "a socket", string: "host=@DIR port=@PORT"),
        Lure(testDescription: "a socket after a host", string: "host=@HOST,@DIR port=@PORT"),
        Lure(testDescription: "a socket before a host", string: "host=@DIR,@HOST port=@PORT"),
        Lure(testDescription: "an abstract socket", string: "host=@abstract port=@PORT"),
        Lure(testDescription: "an empty host", string: "host='' port=@PORT", variables: ["PGHOST": "@DIR"]),
        Lure(testDescription: "an empty host in a list", string: "host=@HOST,,@HOST port=@PORT"),
        Lure(testDescription: "TLS refused", string: "host=@HOST hostaddr=127.0.0.1 port=@PORT"),
    ]

    @Test("reaches no socket, and sends no token without TLS", arguments: refused)
    func noSocket(_ lure: Lure) async throws {
        let (server, trap) = (try await SharedServer.value, try PasswordTrap())
        await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(
                lure.conninfo(trap, server),
                issuer: server.issuer(),
                environment: lure.environment(trap, server)
            )
        }
        // At most the 8 bytes that ask for TLS.
        let isTLSRequest = lure.testDescription == "TLS refused"
        #expect(trap.clientCount == (isTLSRequest ? 1 : 0))
        #expect(trap.bytes.count == (isTLSRequest ? 8 : 0))
    }

    @Test("ends with an error if none of its hosts can be reached, and is not tried on a socket instead")
    func unreachable() async throws {
        let (server, trap) = (try await SharedServer.value, try PasswordTrap())
        let dead = try SilentServer(isListening: false)
        defer { withExtendedLifetime(dead) {} }
        let names = (0..<3).map { "db\($0).abcdefghijkl.eu-west-2.rds.amazonaws.com" }.joined(separator: ",")
        let unknown = String(repeating: "a", count: 300)
        let issuer = try server.issuer()
        let environment = ConninfoEnvironment(
            variables: ["PGHOST": trap.folder.url.path, "PGPORT": "\(trap.port)"],
            userName: "os-user"
        )
        for hosts in ["host=\(names) hostaddr=127.0.0.1,127.0.0.1,127.0.0.1", "host=\(unknown),\(unknown)"] {
            for _ in 0..<25 {
                let error = await #expect(throws: RDSIAMError.self) {
                    try await RDSIAM.connect(
                        """
                        \(hosts) port=\(dead.port) user=andrew aws_rds_iam_auth_token_generator=default \
                        aws_rds_iam_region=eu-west-2
                        """,
                        issuer: issuer,
                        environment: environment
                    )
                }
                #expect(error?.code == .connectionFailed)
            }
        }
        #expect(trap.clientCount == 0 && trap.bytes.isEmpty)
    }

    @Test("reaches no host that only this process's own variables name, in many logins of a process")
    func processEnvironment() async throws {
        let (server, trap) = (try await SharedServer.value, try PasswordTrap())
        let dead = try SilentServer(isListening: false)
        defer { withExtendedLifetime(dead) {} }
        let services = try trap.folder.write(
            "[lure]\nhost=\(trap.folder.url.path)\nport=\(trap.port)\n",
            to: "services"
        )
        let several = """
            host=\(server.facts.host),\(server.facts.host),\(server.facts.host) \
            hostaddr=127.0.0.1,127.0.0.1,127.0.0.1 port=\(dead.port),\(server.facts.port),\(dead.port)
            """
        let strings = ["user28", "stranger"].map { server.tokenConninfo(user: $0, several) }
        let environment = try Account(of: server).environment.merging([
            "PGHOST": trap.folder.url.path, "PGHOSTADDR": "127.0.0.1", "PGPORT": "\(trap.port)",
            "PGSERVICEFILE": services, "PGSERVICE": "lure", "PGPASSWORD": "stale",
        ]) { own, _ in own }
        let run = try await ChildProcess.run(
            try Repository.built("connect-cycler"),
            strings + ["50"],
            environment: environment,
            timeLimit: .seconds(280)
        )
        #expect(run.status == 0, "\(run.errors)")
        #expect(trap.clientCount == 0 && trap.bytes.isEmpty)
        #expect(try server.verdicts(on: "user28").count >= 50)
    }

    @Test("is needed for that: a password in a string without one does reach the trap", arguments: [true, false])
    func control(isSocket: Bool) async throws {
        let trap = try PasswordTrap()
        let host = isSocket ? trap.folder.url.path : "127.0.0.1"
        await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(
                "host=\(host) port=\(trap.port) user=u password=bait connect_timeout=10",
                environment: .bare
            )
        }
        #expect(trap.clientCount > 0)
        #expect(trap.bytes.range(of: Data("bait".utf8)) != nil)
    }
}
