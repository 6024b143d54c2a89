import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import PGConninfo
import PGRDSIAM
import TestSupport

/// One look-alike for all tests that do not move its clock.
///
/// Each test logs in as another user, so that it finds its own verdicts.
enum SharedServer {
    /// The users it knows.
    static let users = ["andrew", "odd a b+c@d/é~&="] + (1...32).map { "user\($0)" }

    private static let task = Task { try await RDSLookalike.start(users.flatMap { ["--user", $0] }) }

    static var value: RDSLookalike {
        get async throws { try await task.value }
    }
}

/// The account that a look-alike knows.
struct Account {
    let accessKeyID: String
    let secret: String
    let sessionToken: String?

    /// Reads it from the look-alike's shared-credentials file.
    init(of server: RDSLookalike) throws {
        var values: [String: String] = [:]
        for line in try String(contentsOfFile: server.facts.credentials, encoding: .utf8).split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        accessKeyID = values["aws_access_key_id"] ?? ""
        secret = values["aws_secret_access_key"] ?? ""
        sessionToken = values["aws_session_token"]
    }

    /// Credentials that sign as this account, each part replaceable.
    func credentials(secret: String? = nil, sessionToken: String? = nil) -> AWSCredentials {
        AWSCredentials(
            accessKeyID: accessKeyID,
            secretAccessKey: secret ?? self.secret,
            sessionToken: sessionToken ?? self.sessionToken
        )
    }

    /// The environment variables from which a command takes it.
    var environment: [String: String] {
        var variables = ["AWS_ACCESS_KEY_ID": accessKeyID, "AWS_SECRET_ACCESS_KEY": secret]
        variables["AWS_SESSION_TOKEN"] = sessionToken
        return variables
    }
}

extension AuthTokenGeneratorRegistry {
    /// Creates a registry of generators that understand the keywords of those that ship.
    convenience init(aws generators: [(name: String, build: Build)]) {
        self.init(generators.map { Registration($0.name, keywords: RDSIAM.generators.keywords, build: $0.build) })
    }
}

extension RDSLookalike {
    /// An issuer whose `default` generator signs as the account this server knows.
    func issuer(
        audit: AuditPolicy = .off,
        credentials: AWSCredentials? = nil,
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws -> TokenIssuer {
        let credentials = try credentials ?? Account(of: self).credentials()
        var context = CredentialContext.system
        context.now = now
        let generators = AuthTokenGeneratorRegistry(
            aws: [("default", { [context] in RDSGenerator(credentials: .static(credentials), context: context) })]
        )
        return TokenIssuer(generators: generators, audit: audit, now: now)
    }

    /// A connection string that asks for a token and checks the server's certificate.
    func tokenConninfo(user: String, _ more: String = "") -> String {
        conninfo(user: user) + " aws_rds_iam_auth_token_generator=default sslrootcert=\(facts.ca) \(more)"
    }
}

extension RDSLookalike {
    /// Connects as superuser over the server's Unix-domain socket.
    func superuser() async throws -> PGConnection {
        let conninfo = "host=\(facts.socket) port=\(facts.port) user=postgres dbname=postgres"
        return try await RDSIAM.connect(conninfo, environment: .bare)
    }
}

extension PGConnection {
    /// The first field of the first row.
    func value(_ sql: String) async throws -> String? {
        try await execute(sql).first?.rows.first?.decodeIfPresent(String.self, at: 0)
    }

    /// Returns whether the server has a session for which a condition on `pg_stat_activity` holds.
    func sees(_ condition: String) async throws -> Bool {
        try await value("select exists (select from pg_stat_activity where \(condition))") == "t"
    }
}

extension ConninfoEnvironment {
    /// A machine without settings.
    static let bare = ConninfoEnvironment(userName: "nobody")
}
