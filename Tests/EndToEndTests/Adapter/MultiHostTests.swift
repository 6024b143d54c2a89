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
    /// Three servers of one account, each with a name and a port of its own, and a certificate for that name.
    struct Trio {
        let servers: [RDSLookalike]
        let folder: TemporaryFolder

        static func start(_ extra: [[String]] = [[], [], []]) async throws -> Trio {
            let folder = try TemporaryFolder()
            let account = "[default]\naws_access_key_id = AKIATESTTRIO\naws_secret_access_key = trio-secret\n"
            let credentials = try folder.write(account, to: "credentials")
            // The servers run as another user where the tests run as root.
            for path in [folder.url.path, credentials] { chmod(path, 0o755) }
            var servers: [RDSLookalike] = []
            for (number, options) in extra.enumerated() {
                let name = "db\(number).abcdefghijkl.eu-west-2.rds.amazonaws.com"
                servers.append(
                    try await RDSLookalike.start(
                        ["--user", "trio", "--name", name, "--credentials", credentials] + options
                    )
                )
            }
            return Trio(servers: servers, folder: folder)
        }

        var hosts: String {
            (0..<servers.count).map { "db\($0).abcdefghijkl.eu-west-2.rds.amazonaws.com" }.joined(separator: ",")
        }
        var addresses: String { servers.map { _ in "127.0.0.1" }.joined(separator: ",") }
        var ports: String { servers.map { "\($0.facts.port)" }.joined(separator: ",") }

        func conninfo(ports: String? = nil, _ more: String = "") -> String {
            "host=\(hosts) hostaddr=\(addresses) port=\(ports ?? self.ports) user=trio dbname=postgres sslmode=require "
                + "aws_rds_iam_auth_token_generator=default \(more)"
        }

        var issuer: TokenIssuer {
            let account = AWSCredentials(accessKeyID: "AKIATESTTRIO", secretAccessKey: "trio-secret")
            return TokenIssuer(
                generators: AuthTokenGeneratorRegistry(
                    defaults: [("default", { RDSGenerator(credentials: .static(account)) })]
                )
            )
        }

        func verdicts() throws -> [[String]] { try servers.map { try $0.verdicts(on: "trio").map(\.verdict) } }
    }

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

    @Test("with a read-only one first, read-write goes to the next; both have seen their own token")
    func readWrite() async throws {
        let readOnly = ["--postgres-option", "default_transaction_read_only=on"]
        let trio = try await Trio.start([readOnly, [], []])
        let connection = try await PGRDSIAM.connect(
            trio.conninfo("target_session_attrs=read-write"),
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
}

/// A port that takes connections and never says a word, or that is taken and refuses them.
final class SilentServer {
    let port: Int
    private let descriptor: Int32

    init(isListening: Bool = true) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && (!isListening || listen(descriptor, 16) == 0)
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard bound else { throw Missing(description: "no free port") }
        self.descriptor = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }
}
