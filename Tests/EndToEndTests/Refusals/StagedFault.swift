import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import LoginDiagnosis
import PGConninfo
import PGRDSIAM
import TestSupport
import Testing

/// A fault that a server can be made to have, and the cause that must come first.
struct StagedFault: Sendable, CustomTestStringConvertible {
    let name: String
    let code: LikelyCause.Code
    let certainty: LikelyCause.Certainty
    /// Logs in, and returns what is then known.
    let evidence: @Sendable () async throws -> LoginEvidence?

    init(
        _ name: String,
        _ code: LikelyCause.Code,
        _ certainty: LikelyCause.Certainty = .evident,
        evidence: @escaping @Sendable () async throws -> LoginEvidence?
    ) {
        (self.name, self.code, self.certainty, self.evidence) = (name, code, certainty, evidence)
    }

    /// A fault that shows in the error of a login at the look-alike.
    init(
        _ name: String,
        _ code: LikelyCause.Code,
        _ certainty: LikelyCause.Certainty = .evident,
        refusal: @escaping @Sendable (Stage) async throws -> RDSIAMError?
    ) {
        self.init(name, code, certainty, evidence: { try await refusal(try await Stage.shared)?.evidence })
    }

    /// A fault that shows in the words of a server that no PostgreSQL server says.
    init(
        _ name: String,
        _ code: LikelyCause.Code,
        _ certainty: LikelyCause.Certainty = .evident,
        host: String = Stage.endpoint,
        user: String? = nil,
        saying words: ScriptedServer.Refusal,
        change: @escaping @Sendable (inout LoginEvidence) -> Void = { _ in }
    ) {
        self.init(name, code, certainty) {
            // Each has a user of its own: the server tells them apart by that.
            let user = user ?? "user\(name.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFFFF })"
            let server = try await words.precedesLogin ? ScriptedServer.start(words) : ScriptedServer.shared
            try server.refuse(user, with: words)
            let timeout = words.silent == true ? 2 : 60
            let conninfo =
                "host=\(host) hostaddr=127.0.0.1 port=\(server.port) user=\(user) dbname=postgres "
                + "connect_timeout=\(timeout) aws_rds_iam_auth_token_generator=default aws_rds_iam_port=5432 aws_rds_iam_region=eu-west-2"
            let credentials = try await Stage.shared.credentials
            let generator = DefaultGenerator(credentials: .static(credentials))
            var evidence = await Stage.refusal(conninfo, generator)?.evidence
            if var known = evidence {
                change(&known)
                evidence = known
            }
            withExtendedLifetime(server) {}
            return evidence
        }
    }

    var testDescription: String { name }
}

extension StagedFault {
    static let all = tokens + roles + tls + network + proxy + dsql + others

    // MARK: A real PostgreSQL server

    static let tokens = [
        StagedFault("The policy does not allow rds-db:connect", .missingPermission, .likely) { stage in
            await stage.refusal(
                "staged",
                "",
                RDSGenerator(credentials: .static(.init(accessKeyID: "AKIAOTHER", secretAccessKey: "other")))
            )
        },
        StagedFault("Another region", .regionMismatch) { await $0.refusal("staged", "aws_rds_iam_region=eu-west-1") },
        StagedFault("An alias instead of the endpoint's name", .notAnEndpointName) {
            await $0.refusal("staged", "host=db.example.com sslrootcert='' aws_rds_iam_region=eu-west-2")
        },
        StagedFault("A token for localhost", .tunnelHost) { stage in
            await stage.refusal(
                "staged",
                "",
                stage.altered { $0.replacing(stage.server.facts.host, with: "localhost") }
            )
        },
        StagedFault("A tunnel's port, with aws_rds_iam_host", .tunnelPort) {
            await $0.refusal(
                "staged",
                "host=tunnel.example.com sslrootcert='' aws_rds_iam_host=\(Stage.endpoint) aws_rds_iam_port=''"
            )
        },
        StagedFault("A tunnel's port, with hostaddr", .tunnelPort, .likely) {
            await $0.refusal("staged", "host=\(Stage.endpoint) sslrootcert='' aws_rds_iam_port=''")
        },
        StagedFault("A token of another user", .userMismatch) { stage in
            await stage.refusal("staged", "", RDSGeneratorAs("bert", stage.credentials))
        },
        StagedFault("A token that was cut", .damagedToken) { stage in
            await stage.refusal("staged", "", stage.altered { String($0.dropLast(30)) })
        },
        StagedFault("A token without / before ?", .damagedToken) { stage in
            await stage.refusal("staged", "", stage.altered { $0.replacing("/?", with: "?") })
        },
        StagedFault("A token that is percent-encoded twice", .damagedToken) { stage in
            await stage.refusal("staged", "", stage.altered { $0.replacing("%2F", with: "%252F") })
        },
        StagedFault("A token signed for an hour", .tokenLifetime) { stage in
            await stage.refusal("staged", "", stage.altered { $0.replacing("Expires=900", with: "Expires=3600") })
        },
        StagedFault("An expired token", .tokenExpired) { await $0.refusal("staged", "", $0.altered(by: -1000)) },
        StagedFault("Credentials that end before the token", .credentialsNearExpiry, .likely) { stage in
            await stage.refusal("staged", "", RDSGenerator(credentials: .static(stage.credentials(endingIn: 100))))
        },
        StagedFault("Credentials that ended", .credentialsExpired) {
            let stage = try await Stage.shared
            let generator = RDSGenerator(credentials: .static(stage.credentials(endingIn: 100)))
            var evidence = await stage.refusal("staged", "", generator)?.evidence
            evidence?.now += 200
            return evidence
        },
        StagedFault("This machine's clock, 20 minutes behind", .clockSkew) {
            let server = try await RDSLookalike.start(["--user", "late", "--clock-shift", "1200"])
            let conninfo = server.tokenConninfo(user: "late", "aws_rds_iam_port=\(server.facts.port)")
            let generator = RDSGenerator(credentials: .static(try Account(of: server).credentials()))
            var evidence = await Stage.refusal(conninfo, generator)?.evidence
            // What the `Date` header of any answer of AWS's tells.
            evidence?.serverDate = Date() + 1200
            return evidence
        },
        StagedFault("A password for a member of rds_iam", .passwordForIAMRole, .likely) {
            await $0.refusal(
                "staged",
                "",
                ClosureTokenGenerator { _ in .init(value: "x", signedAt: Date(), expiresAt: nil) }
            )
        },
    ]

    static let roles = [
        StagedFault("A user outside of rds_iam", .userWithoutRDSIAM) { await $0.refusal("plain") },
        StagedFault("No such user", .userWithoutRDSIAM) { await $0.refusal("none") },
        StagedFault("A user in other letters", .userCase, .likely) { await $0.refusal("Plain") },
        StagedFault("A role that may not log in", .loginNotPermitted) { await $0.refusal("nologin") },
        StagedFault("A rule that rejects", .accessRule) { await $0.refusal("barred") },
        StagedFault("No entry in pg_hba.conf", .accessRule) { await $0.refusal("staged", "replication=true") },
        StagedFault("A role that may not replicate", .replicationRole) {
            await $0.refusal("replicator", "replication=true")
        },
        StagedFault("Tokens for replication, which are off", .replicationOptIn, .likely) { stage in
            let other = RDSGenerator(credentials: .static(.init(accessKeyID: "AKIAOTHER", secretAccessKey: "other")))
            return await stage.refusal("replicator", "replication=true", other)
        },
        StagedFault("Too many connections", .tooManyConnections) { await $0.refusal("limited") },
        StagedFault("No such database", .databaseMissing) { await $0.refusal("staged", "dbname=none") },
        StagedFault("No right to connect to the database", .noConnectPrivilege) {
            await $0.refusal("staged", "dbname=closed")
        },
        StagedFault("A wrong password", .passwordRefused) {
            await $0.refusal(
                "plain",
                "",
                ClosureTokenGenerator { _ in .init(value: "x", signedAt: Date(), expiresAt: nil) }
            )
        },
    ]

    static let tls = [
        StagedFault("A certificate of another name", .certificateName) {
            await $0.refusal("staged", "host=other.abcdefghijkl.eu-west-2.rds.amazonaws.com")
        },
        StagedFault("An unknown root", .trustRoot, .likely) { stage in
            let other = try await ScriptedServer.start(.init())
            return await stage.refusal("staged", "sslrootcert=\(other.certificate)")
        },
        StagedFault("The system's roots for an instance of RDS", .trustRoot) { stage in
            let folder = try TemporaryFolder()
            let root = try await folder.root(named: "Amazon Root CA 1")
            return await stage.refusal("staged", "sslrootcert=\(root)", in: .withFiles)
        },
        StagedFault("The RDS bundle for an RDS Proxy", .trustRoot) { stage in
            let folder = try TemporaryFolder()
            let root = try await folder.root(named: "Amazon RDS eu-west-2 Root CA RSA2048 G1")
            let proxy = "host=p.proxy-abcdefghijkl.eu-west-2.rds.amazonaws.com"
            return await stage.refusal("staged", "\(proxy) sslrootcert=\(root)", in: .withFiles)
        },
        StagedFault("No file of roots", .rootFile) { await $0.refusal("staged", "sslrootcert=/none/root.crt") },
        StagedFault("TLS that is stripped on the way", .noTLS) {
            let stripper = try await TLSStripper.start()
            return await $0.refusal("staged", "port=\(stripper.port)")
        },
        StagedFault("A login without TLS", .noTLS) { evidence(of: try await psql("sslmode=disable")) },
        StagedFault("A second try without TLS", .plaintextFallback) { evidence(of: try await psql("sslmode=prefer")) },
        StagedFault("channel_binding=require", .channelBinding) {
            await $0.refusal("staged", "channel_binding=require", named: "custom")
        },
        StagedFault("A tunnel's address as the host", .tunnelHost) {
            let server = try await ScriptedServer.start(.init())
            let more = "host=127.0.0.1 port=\(server.port) sslrootcert=\(server.certificate)"
            return await $0.refusal("staged", "\(more) aws_rds_iam_host=\(Stage.endpoint)")
        },
    ]

    static let network = [
        StagedFault("A closed port", .portClosed) {
            let server = try SilentServer(isListening: false)
            return await $0.refusal("staged", "port=\(server.port)")
        },
        StagedFault("A name that nothing knows", .nameNotResolved) {
            await $0.refusal("staged", "host=none.invalid hostaddr='' aws_rds_iam_region=eu-west-2")
        },
        StagedFault("A port that answers nothing", .networkTimeout, .likely, saying: .init(silent: true)),
        StagedFault("A server that closes the connection", .connectionClosed, .likely, saying: .init(close: true)),
        StagedFault(
            "A server of another protocol",
            .notPostgreSQL,
            saying: .init(bytes: "HTTP/1.1 400 Bad Request\r\n\r\n")
        ),
    ]

    // MARK: Other clients

    /// What psql says of a login with a token that is not right.
    private static func psql(_ mode: String) async throws -> String {
        let server = try await Stage.shared.server
        let run = try await ChildProcess.run(
            "/usr/bin/env",
            ["psql", "-X", "-w", "-c", "select 1", "\(server.conninfo(user: "staged")) \(mode)"],
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "PGPASSWORD": "no token"]
        )
        #expect(run.status == 2)
        return run.errors.replacing("psql: error: ", with: "")
    }

    private static func evidence(of text: String) -> LoginEvidence {
        var evidence = LoginEvidence()
        evidence.messages = [ServerMessage](libpqText: text)
        evidence.host = Stage.endpoint
        return evidence
    }
}

extension ConninfoEnvironment {
    /// A machine without settings, on which files can be read.
    fileprivate static let withFiles = ConninfoEnvironment(userName: "nobody", files: .fileSystem)
}

extension TemporaryFolder {
    /// Makes a root certificate of a name, and returns its file.
    fileprivate func root(named name: String) async throws -> String {
        let made = try await ChildProcess.run(
            "/usr/bin/env",
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-subj",
                "/CN=\(name)", "-days", "1", "-keyout", path("key"), "-out", path("root.crt"),
            ]
        )
        #expect(made.status == 0)
        return path("root.crt")
    }
}
