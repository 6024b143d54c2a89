import AWSCredentialSources
import AWSGenerators
import AuthTokens
import AuthTokensTesting
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("Redshift", .timeLimit(.minutes(3)))
struct RedshiftTests {
    private let cluster = AuthTokenRequest(
        host: "demo.abc123.eu-west-2.redshift.amazonaws.com",
        port: 5439,
        user: "app",
        database: "dev"
    )

    struct Way: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let access: RedshiftAccess
        let user: String
        let password: String
    }

    @Test(
        "answers the user to log in as, and a password with its expiry",
        arguments: [
            Way(testDescription: "user", access: .user(), user: "IAM:app", password: "SECRET&demo.dev.1200."),
            Way(
                testDescription: "user made, with groups",
                access: .user(autoCreate: true, groups: ["a b", "c"]),
                user: "IAMA:app",
                password: "SECRET&demo.dev.1200.a bc"
            ),
            Way(testDescription: "identity", access: .identity, user: "IAMR:reader", password: "SECRET&demo.dev.1200."),
        ]
    )
    func clusters(_ way: Way) async throws {
        let context = try Servers.lookalikeContext()
        let token = try await RedshiftGenerator(
            way.access,
            lifetime: .seconds(1200),
            credentials: .known(),
            context: context
        )
        .token(for: cluster)
        #expect(token.user == way.user)
        #expect(token.value == way.password)
        #expect(abs((token.expiresAt ?? .distantPast).timeIntervalSinceNow - 3600) < 300)
        #expect(token.region == "eu-west-2")
        #expect(token.credential?.accessKeyID == "AKIATEST")
    }

    @Test("answers long passwords for workgroups")
    func serverless() async throws {
        let request = AuthTokenRequest(
            host: "team.111122223333.eu-west-2.redshift-serverless.amazonaws.com",
            user: "app",
            database: "dev"
        )
        let token = try await RedshiftGenerator(
            .serverless,
            credentials: .known(),
            context: try Servers.lookalikeContext()
        )
        .token(for: request)
        #expect(token.value == "SECRET.team.dev.900" + String(repeating: "x", count: 1200))
        #expect(token.user == "IAMR:reader")
        #expect(token.expiresAt == Date(timeIntervalSince1970: 4_102_444_800.25))
    }

    @Test(
        "refuses with AWS's code and request ID, and without secrets",
        arguments: [
            ("missing", "SECRET-of-AKIATEST", "ClusterNotFound"), ("demo", "SECRET-wrong", "SignatureDoesNotMatch"),
        ]
    )
    func refusals(target: String, secret: String, code: String) async throws {
        let generator = RedshiftGenerator(
            target: target,
            credentials: .known(secret: secret),
            context: try Servers.lookalikeContext()
        )
        let error = await #expect(throws: AWSCredentialError.self) { try await generator.token(for: cluster) }
        #expect(error?.serviceCode == code)
        #expect(error?.requestID == "0a1b2c3d-1111-2222-3333-444455556666")
        let text = error.map(String.init(describing:)) ?? ""
        #expect(text.contains(code))
        #expect(text.contains("0a1b2c3d-1111-2222-3333-444455556666"))
        #expect(!text.contains("SECRET"))
    }

    @Test("needs to know which cluster")
    func noTarget() async throws {
        let request = AuthTokenRequest(host: "warehouse.example.com", user: "app")
        let generator = RedshiftGenerator(
            region: "eu-west-2",
            credentials: .known(),
            context: try Servers.lookalikeContext()
        )
        let error = await #expect(throws: RedshiftError.self) { try await generator.token(for: request) }
        #expect(error?.code == .noTarget)
    }

    struct Peer: Decodable, Equatable {
        var user: String?
        var password: String?
        var expiration: Double?
        var code: String?
        var requestID: String?
    }

    @Test("says what botocore says when it makes the same calls")
    func botocore() async throws {
        let url = try Servers.lookalikeURL()
        let context = try Servers.lookalikeContext(url)
        let script = Repository.path("Fixtures/aws/botocore_passwords.py")
        let run = try await ChildProcess.run(try Repository.oraclePython(), ["-B", script, url])
        let theirs = try run.lines.map { try JSONDecoder().decode(Peer.self, from: Data($0.utf8)) }
        let workgroup = AuthTokenRequest(
            host: "team.111122223333.eu-west-2.redshift-serverless.amazonaws.com",
            user: "app",
            database: "dev"
        )
        let accesses: [(RedshiftAccess, AuthTokenRequest)] = [
            (.user(), cluster), (.user(autoCreate: true, groups: ["a b", "c"]), cluster), (.identity, cluster),
            (.serverless, workgroup),
        ]
        #expect(theirs.count == accesses.count + 1)
        for ((access, request), their) in zip(accesses, theirs) {
            let ours = try await RedshiftGenerator(
                access,
                lifetime: .seconds(1200),
                credentials: .known(),
                context: context
            )
            .token(for: request)
            #expect(ours.user == their.user)
            #expect(ours.value == their.password)
            #expect(abs((ours.expiresAt ?? .distantPast).timeIntervalSince1970 - (their.expiration ?? 0)) < 300)
        }
        let missing = RedshiftGenerator(target: "missing", credentials: .known(), context: context)
        let error = await #expect(throws: AWSCredentialError.self) { try await missing.token(for: cluster) }
        #expect(Peer(code: error?.serviceCode, requestID: error?.requestID) == theirs.last)
    }

    @Test("calls with the credentials that the connection string names")
    func named() async throws {
        let context = try Servers.lookalikeContext()
        let sources = AWSCredentialSourceRegistry(context: context)
        try sources.add("house") { .known() }
        let generator = RedshiftGenerator(
            credentials: .known(secret: "SECRET-wrong"),
            sources: sources,
            context: context
        )
        await #expect(throws: AWSCredentialError.self) { try await generator.token(for: cluster) }
        var request = cluster
        request.parameters = ["aws_rds_iam_credentials": "house"]
        #expect(try await generator.token(for: request).user == "IAMR:reader")
        request.parameters = ["aws_rds_iam_credentials": "hose"]
        let error = await #expect(throws: NamedRegistryError.self) { try await generator.token(for: request) }
        #expect(error?.nearest == "house")
    }

    @Test("takes note of a refused password: its credentials are fetched before the next call")
    func refused() async throws {
        let counter = Mutex(0)
        let source = CustomCredentialSource {
            counter.withLock { $0 += 1 }
            return try await StaticCredentialSource.known().credentials()
        }
        let generators = AuthTokenGeneratorRegistry()
        let context = try Servers.lookalikeContext()
        try generators.add("redshift") { RedshiftGenerator(credentials: source, context: context) }
        let issuer = TokenIssuer(generators: generators)
        let first = try await issuer.token(from: "redshift", for: cluster)
        #expect(try await issuer.token(from: "redshift", for: cluster).isFromCache)
        issuer.invalidate(first)
        #expect(try await !issuer.token(from: "redshift", for: cluster).isFromCache)
        #expect(counter.withLock { $0 } == 2)
    }

    // Of Redshift's three calls moto 5.2.1 plays the first; the look-alike and botocore stand for the others.
    @Test("as moto plays it takes the call for a password")
    func moto() async throws {
        let context = try await Servers.motoContext()
        try await createCluster(context)
        let token = try await RedshiftGenerator(.user(), credentials: .known(), context: context).token(for: cluster)
        #expect(token.user == "IAM:app")
        #expect(token.value.utf8.count >= 8)
        #expect(abs((token.expiresAt ?? .distantPast).timeIntervalSinceNow - 900) < 300)
        let created = RedshiftGenerator(
            .user(autoCreate: true),
            lifetime: .seconds(3600),
            credentials: .known(),
            context: context
        )
        let other = try await created.token(for: cluster)
        #expect(other.user == "IAMA:app")
        #expect(abs((other.expiresAt ?? .distantPast).timeIntervalSinceNow - 3600) < 300)
        let missing = RedshiftGenerator(.user(), target: "missing", credentials: .known(), context: context)
        let error = await #expect(throws: AWSCredentialError.self) { try await missing.token(for: cluster) }
        #expect(error?.serviceCode == "ClusterNotFound" || error?.serviceCode == "ClusterNotFoundFault")
        #expect(error?.requestID?.isEmpty == false)
        let tooLong = RedshiftGenerator(.user(), lifetime: .seconds(3601), credentials: .known(), context: context)
        let refusal = await #expect(throws: AWSCredentialError.self) { try await tooLong.token(for: cluster) }
        #expect(refusal?.serviceCode == "InvalidParameterValue")
    }

    private func createCluster(_ context: CredentialContext) async throws {
        let service = AWSService("redshift", settingName: "REDSHIFT")
        let create = AWSServiceCall(service, "CreateCluster", format: .form, region: "eu-west-2", context: context)
        let fields = [
            "Action": "CreateCluster", "Version": "2012-12-01", "ClusterIdentifier": "demo", "NodeType": "ra3.large",
            "MasterUsername": "owner", "MasterUserPassword": "Passw0rd1", "DBName": "dev",
        ]
        let credentials = try await StaticCredentialSource.known().credentials()
        _ = try await create.answer(
            to: AWSServiceCall.form(fields.map { (name: $0.key, value: $0.value) }),
            signedBy: credentials
        )
    }
}
