import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import LoginDiagnosis
import PGConninfo
import PGRDSIAM
import TestSupport

/// A look-alike with roles and rules for all the faults that a real PostgreSQL server can have.
struct Stage: Sendable {
    static let endpoint = "real.abcdefghijkl.eu-west-2.rds.amazonaws.com"

    let server: RDSLookalike
    let credentials: AWSCredentials

    private static let task = Task { try await Stage() }

    /// The one that all tests share.
    static var shared: Stage {
        get async throws { try await task.value }
    }

    private init() async throws {
        let users = ["staged", "barred", "nologin", "limited", "closed", "replicator"].flatMap { ["--user", $0] }
        let others = ["--plain-user", "plain", "--database", "closed", "--endpoint", "\(Self.endpoint):5432"]
        server = try await RDSLookalike.start(users + others)
        credentials = try Account(of: server).credentials()
        try await setUp()
    }

    private func setUp() async throws {
        let superuser = try await server.superuser()
        for statement in [
            "alter role nologin nologin", "alter role limited connection limit 0",
            "revoke connect on database closed from public",
        ] { _ = try await superuser.execute(statement) }
        let file = URL(filePath: server.facts.dir + "/data/pg_hba.conf")
        let rules = try String(contentsOf: file, encoding: .utf8)
        let judged = rules.split(separator: "\n").first { $0.contains(" ldap ") } ?? ""
        let replication = judged.replacing("hostssl all +rds_iam", with: "hostssl replication replicator")
        try Data("host all barred all reject\n\(replication)\n\(rules)".utf8).write(to: file)
        _ = try await superuser.execute("select pg_reload_conf()")
        // The server reads the rules some time after that.
        let isRead = try await comesTrue { await refusal("barred")?.likelyCauses.first?.code == .accessRule }
        await superuser.close()
        guard isRead else { throw Missing(description: "The server does not read its rules again.") }
    }

    /// A connection string that dials the look-alike and signs for it.
    ///
    /// It says which port to sign for, as that is not the fault.
    func conninfo(_ user: String, _ more: String = "") -> String {
        server.tokenConninfo(user: user, "aws_rds_iam_port=\(server.facts.port) \(more)")
    }

    /// The error of a login as a user.
    func refusal(
        _ user: String = "staged",
        _ more: String = "",
        _ generator: (any AuthTokenGenerator)? = nil,
        named name: String = "default",
        in environment: ConninfoEnvironment = .bare
    ) async -> RDSIAMError? {
        let generator = generator ?? RDSGenerator(credentials: .static(credentials))
        return await Self.refusal(conninfo(user, more), generator, named: name, in: environment)
    }

    /// The error of a login with the tokens of a generator.
    static func refusal(
        _ conninfo: String,
        _ generator: any AuthTokenGenerator,
        named name: String = "default",
        in environment: ConninfoEnvironment = .bare
    ) async -> RDSIAMError? {
        let build: AuthTokenGeneratorRegistry.Build = { generator }
        let issuer = TokenIssuer(generators: AuthTokenGeneratorRegistry(aws: [(name, build)]))
        let text = conninfo.replacing("token_generator=default", with: "token_generator=\(name)")
        do {
            let connection = try await RDSIAM.connect(text, issuer: issuer, environment: environment)
            await connection.close()
            return nil
        } catch { return error as? RDSIAMError }
    }

    /// A generator whose tokens are changed before they are sent.
    func altered(
        credentials: AWSCredentials? = nil,
        by seconds: Double = 0,
        _ change: @escaping @Sendable (String) -> String = { $0 }
    ) -> some AuthTokenGenerator {
        var context = CredentialContext.system
        context.now = { Date() + seconds }
        let inner = RDSGenerator(credentials: .static(credentials ?? self.credentials), context: context)
        return ClosureTokenGenerator { request in
            let token = try await inner.token(for: request)
            return AuthToken(
                value: change(token.value),
                kind: .signed,
                signedAt: token.signedAt,
                // The issuer does not return what has expired.
                expiresAt: Date() + 900,
                credential: token.credential,
                region: token.region
            )
        }
    }

    /// Credentials of the account that end at a time.
    func credentials(endingIn seconds: Double) -> AWSCredentials {
        AWSCredentials(
            accessKeyID: credentials.accessKeyID,
            secretAccessKey: "wrong",
            sessionToken: credentials.sessionToken,
            expiration: Date() + seconds
        )
    }
}
