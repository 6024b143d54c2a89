import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import LibpqClient
import LoginDoctor
import PGConninfo
import PGRDSIAM
import TestSupport

/// The servers that staged faults share.
enum Stage {
    static let host = "demo.abcdefghijkl.eu-west-2.rds.amazonaws.com"

    private static let shared = Task {
        let users = [
            "andrew", "tunnel", "clock", "mute", "crowded", "noting", "near", "rotated", "shadow", "works", "odd",
        ]
        let server = try await RDSLookalike.start(users.flatMap { ["--user", $0] } + ["--plain-user", "plain"])
        let superuser = "host=\(server.facts.socket) port=\(server.facts.port) user=postgres dbname=postgres"
        let connection = try await PGConnection.connect(PGLogin(Conninfo.parse(superuser).parameters))
        for sql in [
            "alter role mute nologin", "alter role odd set session_preload_libraries = 'nowhere'",
            "alter role crowded connection limit 0", "create role stranger login",
        ] { _ = try await connection.execute(sql) }
        let file = try await connection.execute("show hba_file").first?.rows.first?.decode(String.self, at: 0) ?? ""
        try limitAccess(file)
        _ = try await connection.execute("select pg_reload_conf()")
        await connection.close()
        return server
    }

    /// Leaves the role `stranger` without a rule: nothing matches it, not even a rule that rejects.
    private static func limitAccess(_ file: String) throws {
        let rules = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").compactMap { rule in
            if rule.hasPrefix("host ") { return nil as String? }
            return rule.replacingOccurrences(of: "hostssl all all all", with: "hostssl all plain,nemo,Andrew all")
        }
        let handle = try FileHandle(forWritingTo: URL(filePath: file))
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data((rules.joined(separator: "\n") + "\n").utf8))
        try handle.close()
    }

    /// A look-alike with TLS that knows some users.
    static var server: RDSLookalike { get async throws { try await shared.value } }

    /// The keys of the account that the look-alike knows, as environment variables.
    static func keys() async throws -> [String: String] {
        var variables: [String: String] = [:]
        let server = try await server
        for line in try String(contentsOfFile: server.facts.credentials, encoding: .utf8).split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if parts.count == 2 { variables[parts[0].uppercased()] = parts[1] }
        }
        return variables
    }

    /// A connection string that dials the look-alike and checks its certificate.
    ///
    /// It names the port for the token: the look-alike is at the address of a tunnel's near end, and is none.
    static func conninfo(_ user: String, _ more: String = "", host: String = host) async throws -> String {
        let facts = try await server.facts
        return "host=\(host) hostaddr=\(facts.hostaddr) port=\(facts.port) user=\(user) dbname=postgres "
            + "sslrootcert=\(facts.ca) aws_rds_iam_port=\(facts.port) \(more)"
    }
}

extension PGLogin {
    fileprivate init(_ parameters: [Conninfo.Parameter]) {
        self.init(parameters.map { Parameter($0.keyword.name, $0.bytes) })
    }
}

extension Machine {
    /// An examination on this machine.
    func examination(audit: AuditPolicy = .off) -> Examination {
        let context = context
        let sources = AWSCredentialSourceRegistry(context: context)
        let generators = AuthTokenGeneratorRegistry([
            AuthTokenGeneratorRegistry.Registration("default", keywords: AWSKeyword.common) {
                DefaultGenerator(sources: sources, context: context)
            },
            AuthTokenGeneratorRegistry.Registration("rds", keywords: AWSKeyword.common) {
                RDSGenerator(sources: sources, context: context)
            },
        ])
        var examination = Examination(
            issuer: TokenIssuer(generators: generators, audit: audit, now: context.now),
            environment: ConninfoEnvironment(userName: "nobody", files: .fileSystem)
        )
        examination.limits = .patient
        examination.network.alias = { _ in nil }
        return examination
    }
}

extension Examination.Limits {
    /// Limits that no busy machine reaches.
    fileprivate static let patient: Self = {
        var limits = Self()
        limits.whole = .seconds(600)
        for limit in [\Self.credentials, \.identity, \.lookup, \.connection, \.tls, \.token, \.login] {
            limits[keyPath: limit] = .seconds(60)
        }
        return limits
    }()
}
