import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import Synchronization
import Testing

@Suite("Secrets Manager", .timeLimit(.minutes(3)))
struct SecretsManagerTests {
    private let request = AuthTokenRequest(
        host: "db.example.com",
        user: "app",
        parameters: ["aws_rds_iam_region": "eu-west-2"]
    )

    @Test(
        "tells the user and the password, from an ARN too",
        arguments: [
            "plain", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:plain",
        ]
    )
    func plain(secretID: String) async throws {
        let generator = SecretsManagerGenerator(
            secretID: secretID,
            credentials: .known(),
            context: try Servers.lookalikeContext()
        )
        var request = request
        if secretID.hasPrefix("arn:") { request.parameters = [:] }
        let token = try await generator.token(for: request)
        #expect(token.value == "SECRET&1")
        #expect(token.user == "app")
        #expect(token.expiresAt == nil)
        #expect(token.reusableUntil == token.signedAt + 870)
        #expect(token.region == (secretID.hasPrefix("arn:") ? "eu-west-1" : "eu-west-2"))
        #expect(token.credential?.accessKeyID == "AKIATEST")
    }

    @Test("may name its fields as it likes")
    func fields() async throws {
        var options = SecretsManagerOptions()
        options.userField = "role"
        options.passwordField = "word"
        let token = try await SecretsManagerGenerator(
            secretID: "named",
            options: options,
            credentials: .known(),
            context: try Servers.lookalikeContext()
        )
        .token(for: request)
        #expect([token.user, token.value] == ["owner", "SECRET2"])
    }

    @Test("is asked again, with pauses, while it tells a password that a server has refused")
    func rotation() async throws {
        var context = try Servers.lookalikeContext()
        let pauses = Mutex<[Duration]>([])
        context.sleep = { pause in pauses.withLock { $0.append(pause) } }
        let generators = AuthTokenGeneratorRegistry()
        try generators.add("secret") { [context] in
            SecretsManagerGenerator(secretID: "turning", credentials: .known(), context: context)
        }
        let issuer = TokenIssuer(generators: generators)
        let old = try await issuer.token(from: "secret", for: request)
        #expect(old.token.value == "SECRET-old")
        #expect(try await issuer.token(from: "secret", for: request).isFromCache)
        issuer.invalidate(old)
        #expect(try await issuer.token(from: "secret", for: request).token.value == "SECRET-new")
        #expect(pauses.withLock { $0 } == [.seconds(1), .seconds(2)])
    }

    @Test("is no longer asked when the time for a rotation ends")
    func endOfRotation() async throws {
        var context = try Servers.lookalikeContext()
        let uptime = Mutex(Duration.zero)
        context.uptime = { uptime.withLock { $0 } }
        context.sleep = { pause in uptime.withLock { $0 += pause } }
        let generator = SecretsManagerGenerator(secretID: "plain", credentials: .known(), context: context)
        let token = try await generator.token(for: request)
        generator.tokenWasRefused(token, for: request)
        #expect(try await generator.token(for: request).value == token.value)
        #expect(uptime.withLock { $0 } == .seconds(7))
    }

    @Test("that holds no user and password is refused without a word of it", arguments: ["bytes", "prose", "broken"])
    func useless(secretID: String) async throws {
        let generator = SecretsManagerGenerator(
            secretID: secretID,
            credentials: .known(),
            context: try Servers.lookalikeContext()
        )
        let error = await #expect(throws: SecretsManagerError.self) { try await generator.token(for: request) }
        #expect(error?.code == .invalidSecret)
        #expect(error.map { "\($0)\($0.auditCode)" }?.contains("SECRET") == false)
    }

    @Test("refuses with AWS's code and request ID, and without secrets")
    func refusal() async throws {
        let generator = SecretsManagerGenerator(
            secretID: "absent",
            credentials: .known(),
            context: try Servers.lookalikeContext()
        )
        let error = await #expect(throws: AWSCredentialError.self) { try await generator.token(for: request) }
        #expect(error?.serviceCode == "ResourceNotFoundException")
        #expect(error?.requestID == "0a1b2c3d-1111-2222-3333-444455556666")
        let text = error.map(String.init(describing:)) ?? ""
        #expect(text.contains("0a1b2c3d-1111-2222-3333-444455556666"))
        #expect(!text.contains("SECRET"))
    }

    @Test("is fetched with the credentials that the connection string names")
    func named() async throws {
        let context = try Servers.lookalikeContext()
        let sources = AWSCredentialSourceRegistry(context: context)
        try sources.add("house") { .known() }
        let generator = SecretsManagerGenerator(
            secretID: "plain",
            credentials: .known(secret: "SECRET-wrong"),
            sources: sources,
            context: context
        )
        let error = await #expect(throws: AWSCredentialError.self) { try await generator.token(for: request) }
        #expect(error?.serviceCode == "SignatureDoesNotMatch")
        var named = request
        named.parameters["aws_rds_iam_credentials"] = "house"
        #expect(try await generator.token(for: named).user == "app")
    }

    @Test("is the one that the connection string names, in its region if it is an ARN")
    func keyword() async throws {
        let generator = SecretsManagerGenerator(
            secretID: "absent",
            credentials: .known(),
            context: try Servers.lookalikeContext()
        )
        var request = request
        request.parameters["aws_rds_iam_secret_id"] = "plain"
        let token = try await generator.token(for: request)
        #expect(token.value == "SECRET&1")
        #expect(token.kind == .password)
        #expect(token.fingerprint == nil)
        request.parameters = ["aws_rds_iam_secret_id": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:plain"]
        #expect(try await generator.token(for: request).region == "eu-west-1")
        let error = await #expect(throws: AWSGeneratorError.self) {
            try await SecretsManagerGenerator(credentials: .known(), context: .bare()).token(for: self.request)
        }
        #expect(error?.code == .noSecret)
        #expect(error?.message.contains("aws_rds_iam_secret_id") == true)
    }

    @Test("as moto plays it tells the secret")
    func moto() async throws {
        let context = try await Servers.motoContext()
        let create = AWSServiceCall(
            AWSService("secretsmanager", settingName: "SECRETS_MANAGER"),
            "CreateSecret",
            format: .json(target: "secretsmanager"),
            region: "eu-west-2",
            context: context
        )
        let body = ["Name": "db", "SecretString": #"{"username":"app","password":"from moto"}"#]
        let credentials = try await StaticCredentialSource.known().credentials()
        _ = try await create.answer(to: Array(try JSONEncoder().encode(body)), signedBy: credentials)
        let token = try await SecretsManagerGenerator(secretID: "db", credentials: .known(), context: context)
            .token(for: request)
        #expect([token.user, token.value] == ["app", "from moto"])
        let absent = SecretsManagerGenerator(secretID: "absent", credentials: .known(), context: context)
        let error = await #expect(throws: AWSCredentialError.self) { try await absent.token(for: request) }
        #expect(error?.serviceCode == "ResourceNotFoundException")
        #expect(error?.requestID?.isEmpty == false)
    }
}
