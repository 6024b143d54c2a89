import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import PGConninfo
import PGRDSIAM
import TestSupport
import Testing

/// Files that do not change: a look that the machine delays would count as a change, and give another token.
private struct UnchangedFiles: FileStore {
    let files: any FileStore

    func contents(of path: String) async throws -> [UInt8]? { try await files.contents(of: path) }

    func replace(_ path: String, with contents: [UInt8]) async throws {
        try await files.replace(path, with: contents)
    }

    func stamp(of path: String) -> FileStamp? { FileStamp([0]) }
}

/// The access keys that signed the tokens which a server accepted, as its judge recorded them.
@Suite("Identities", .timeLimit(.minutes(5)))
struct IdentityTests {
    /// A server that accepts two accounts, and the credentials of both.
    private struct World {
        let server: RDSLookalike
        let folder: TemporaryFolder
        let accounts: [String: AWSCredentials]

        static let text = """
            [alpha]
            aws_access_key_id = AKIAALPHA
            aws_secret_access_key = alpha/secret
            [beta]
            aws_access_key_id = ASIABETA
            aws_secret_access_key = beta/secret
            aws_session_token = beta/session
            """

        init() async throws {
            folder = try TemporaryFolder()
            let file = try folder.write(Self.text, to: "credentials")
            server = try await RDSLookalike.start(["--user", "app", "--credentials", file])
            accounts = [
                "alpha": AWSCredentials(accessKeyID: "AKIAALPHA", secretAccessKey: "alpha/secret"),
                "beta": AWSCredentials(
                    accessKeyID: "ASIABETA",
                    secretAccessKey: "beta/secret",
                    sessionToken: "beta/session"
                ),
            ]
        }

        func account(_ name: String) throws -> AWSCredentials { try #require(accounts[name]) }

        /// Profiles from the world's file, and these environment variables.
        func sources(_ environment: [String: String] = [:]) -> AWSCredentialSourceRegistry {
            var context = CredentialContext.system
            context.files = UnchangedFiles(files: context.files)
            context.environment = environment.merging([
                "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": folder.path("credentials"),
                "AWS_EC2_METADATA_DISABLED": "true",
            ]) { own, _ in own }
            return AWSCredentialSourceRegistry(context: context)
        }

        /// Logs in twice with each of the settings in turn, and returns the access keys that the judge recorded.
        func signers(_ settings: [String], _ generators: AuthTokenGeneratorRegistry) async throws -> [String] {
            let issuer = TokenIssuer(generators: generators)
            for setting in settings + settings {
                let conninfo = server.conninfo(user: "app") + " sslrootcert=\(server.facts.ca) \(setting)"
                let connection = try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare)
                #expect(try await connection.value("select current_user") == "app")
            }
            let verdicts = try server.verdicts(on: "app")
            #expect(verdicts.allSatisfy { $0.verdict == "accepted" })
            // The second login with each setting used the token of the first.
            let half = verdicts.count / 2
            #expect(verdicts.count == settings.count * 2)
            #expect(verdicts.prefix(half).map(\.token_sha256) == verdicts.suffix(half).map(\.token_sha256))
            return verdicts.prefix(half).compactMap(\.access_key_id)
        }
    }

    @Test("Two generators under two names never share a token, for the same host and user")
    func twoGenerators() async throws {
        let world = try await World()
        let (alpha, beta) = (try world.account("alpha"), try world.account("beta"))
        let generators = AuthTokenGeneratorRegistry(aws: [
            ("one", { RDSGenerator(credentials: .static(alpha)) }),
            ("two", { RDSGenerator(credentials: .static(beta)) }),
        ])
        let signers = try await world.signers(
            ["aws_rds_iam_auth_token_generator=one", "aws_rds_iam_auth_token_generator=two"],
            generators
        )
        #expect(signers == ["AKIAALPHA", "ASIABETA"])
    }

    @Test("Two identities never share a token, whether named as sources, as profiles or not at all")
    func twoIdentities() async throws {
        let world = try await World()
        let (alpha, beta) = (try world.account("alpha"), try world.account("beta"))
        let sources = world.sources([
            "AWS_ACCESS_KEY_ID": "AKIAALPHA", "AWS_SECRET_ACCESS_KEY": "alpha/secret", "AWS_PROFILE": "beta",
        ])
        try sources.add("house-alpha") { .static(alpha) }
        try sources.add("house-beta") { .static(beta) }
        let generators = AuthTokenGeneratorRegistry(aws: [
            ("default", { RDSGenerator(credentials: .static(beta), sources: sources) })
        ])
        let settings = [
            "", "aws_rds_iam_credentials=house-alpha", "aws_rds_iam_credentials=house-beta",
            "aws_rds_iam_credentials=environment", "aws_rds_iam_credentials=profile",
            "aws_rds_iam_credentials=default", "aws_rds_iam_profile=alpha", "aws_rds_iam_profile=beta",
            "aws_rds_iam_credentials=profile aws_rds_iam_profile=alpha",
        ]
        let signers = try await world.signers(
            settings.map { "aws_rds_iam_auth_token_generator=default \($0)" },
            generators
        )
        #expect(
            signers == [
                "ASIABETA", "AKIAALPHA", "ASIABETA", "AKIAALPHA", "ASIABETA", "AKIAALPHA", "AKIAALPHA", "ASIABETA",
                "AKIAALPHA",
            ]
        )
    }

    @Test("A source that the program registered is found in the registry that all connections share")
    func sharedRegistry() async throws {
        let server = try await SharedServer.value
        let credentials = try Account(of: server).credentials()
        try RDSIAM.credentialSources.add("end-to-end-account") { .static(credentials) }
        defer { RDSIAM.credentialSources.remove("end-to-end-account") }
        let uri = """
            postgresql://user26@\(server.facts.host):\(server.facts.port)/postgres?hostaddr=127.0.0.1\
            &sslrootcert=\(server.facts.ca)&aws_rds_iam_auth_token_generator=default\
            &aws_rds_iam_credentials=end-to-end-account
            """
        let connection = try await RDSIAM.connect(uri, environment: .bare)
        #expect(try await connection.value("select current_user") == "user26")
        #expect(try server.verdicts(on: "user26").map(\.verdict) == ["accepted"])
    }

    @Test("A source that is not registered stops the connection, with the names and the nearest")
    func unknownSource() async throws {
        let server = try await SharedServer.value
        let conninfo = server.tokenConninfo(user: "user25", "aws_rds_iam_credentials=imbs")
        let error = await #expect(throws: NamedRegistryError.self) {
            try await RDSIAM.connect(conninfo, issuer: server.issuer(), environment: .bare)
        }
        #expect(error?.code == .unknownName)
        #expect(error?.nearest == "imds")
        #expect(try server.verdicts(on: "user25").isEmpty)
    }

    @Test("Keys that are rotated in a file change the next login, also if the source caches them for minutes")
    func rotation() async throws {
        let world = try await World()
        let sources = world.sources()
        let file = world.folder.path("app-credentials")
        try World.text.write(toFile: file, atomically: false, encoding: .utf8)
        var context = CredentialContext.system
        context.environment = ["AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": file]
        let cached = RefreshingCredentialSource(
            ProfileCredentialSource("alpha", context: context),
            context: context
        )
        let generators = AuthTokenGeneratorRegistry(aws: [
            ("default", { RDSGenerator(credentials: cached, sources: sources) })
        ])
        let issuer = TokenIssuer(generators: generators)
        let conninfo = world.server.tokenConninfo(user: "app")
        _ = try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare)
        let rotated = World.text.replacing("AKIAALPHA", with: "AKIAGAMMA").replacing("alpha/secret", with: "gamma")
        for path in [file, world.server.facts.credentials] {
            try rotated.write(toFile: path, atomically: false, encoding: .utf8)
        }
        // The file is looked at once a second at most. If it has not been looked at since, the old token is refused,
        // the keys are read again, and the login goes on with the new ones.
        _ = try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare)
        let verdicts = try world.server.verdicts(on: "app")
        let refused = verdicts.filter { $0.reason != nil }
        #expect(verdicts.filter { $0.reason == nil }.map(\.access_key_id) == ["AKIAALPHA", "AKIAGAMMA"])
        #expect(refused.isEmpty || refused.map(\.reason) == ["unknown access key"] && verdicts[1].reason != nil)
    }
}
