import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import PGRDSIAM
import TestSupport

/// Three servers of one account, each with its own name and port, and a certificate for that name.
struct Trio {
    private(set) var servers: [RDSLookalike]
    private let folder: TemporaryFolder
    private let credentials: String
    private var addresses = "127.0.0.1,127.0.0.1,127.0.0.1"

    private init(servers: [RDSLookalike], folder: TemporaryFolder, credentials: String) {
        (self.servers, self.folder, self.credentials) = (servers, folder, credentials)
    }

    /// Starts three servers, each with more options.
    static func start(_ extra: [[String]] = [[], [], []]) async throws -> Trio {
        let folder = try TemporaryFolder()
        let account = "[default]\naws_access_key_id = AKIATESTTRIO\naws_secret_access_key = trio-secret\n"
        let credentials = try folder.write(account, to: "credentials")
        // The servers run as another user if the tests run as root.
        for path in [folder.url.path, credentials] { chmod(path, 0o755) }
        var trio = Trio(servers: [], folder: folder, credentials: credentials)
        for options in extra { try await trio.add(options) }
        return trio
    }

    private mutating func add(_ options: [String]) async throws {
        let name = "db\(servers.count).abcdefghijkl.eu-west-2.rds.amazonaws.com"
        servers.append(
            try await RDSLookalike.start(["--user", "trio", "--name", name, "--credentials", credentials] + options)
        )
    }

    /// Starts three servers on an address each, with the port of the first.
    static func startOnOnePort() async throws -> Trio {
        func listening(_ number: Int) -> [String] { ["--postgres-option", "listen_addresses=127.0.0.\(number)"] }
        var trio = try await start([listening(1)])
        let port = ["--listen", "\(trio.servers[0].facts.port)"]
        for number in 2...3 { try await trio.add(listening(number) + port) }
        trio.addresses = "127.0.0.1,127.0.0.2,127.0.0.3"
        return trio
    }

    var hosts: String {
        (0..<servers.count).map { "db\($0).abcdefghijkl.eu-west-2.rds.amazonaws.com" }.joined(separator: ",")
    }
    var ports: String { servers.map { "\($0.facts.port)" }.joined(separator: ",") }

    func conninfo(ports: String? = nil, _ more: String = "") -> String {
        "host=\(hosts) hostaddr=\(addresses) port=\(ports ?? self.ports) user=trio dbname=postgres sslmode=require "
            + "aws_rds_iam_auth_token_generator=default \(more)"
    }

    var issuer: TokenIssuer { issuer(audit: .off) }

    func issuer(audit: AuditPolicy) -> TokenIssuer {
        let account = AWSCredentials(accessKeyID: "AKIATESTTRIO", secretAccessKey: "trio-secret")
        return TokenIssuer(
            generators: AuthTokenGeneratorRegistry(
                aws: [("default", { RDSGenerator(credentials: .static(account)) })]
            ),
            audit: audit
        )
    }

    func verdicts() throws -> [[String]] { try servers.map { try $0.verdicts(on: "trio").map(\.verdict) } }
}
