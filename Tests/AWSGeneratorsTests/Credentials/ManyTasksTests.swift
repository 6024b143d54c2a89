import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import Testing

/// Connections that ask with different credentials at the same time, while sources get other meanings.
@Suite(.timeLimit(.minutes(2)))
struct ManyTasksTests {
    private static let choices: [(parameters: [String: String], key: String)] = [
        ([:], "ASIATESTKEY"), (["aws_rds_iam_credentials": "one"], "AKIAONE"),
        (["aws_rds_iam_credentials": "two"], "AKIATWO"), (["aws_rds_iam_profile": "dev"], "AKIADEV"),
        (["aws_rds_iam_credentials": "profile"], "AKIAFILE"),
        (["aws_rds_iam_credentials": "profile", "aws_rds_iam_profile": "dev"], "AKIADEV"),
        (["aws_rds_iam_region": "eu-west-1"], "ASIATESTKEY"),
    ]

    private static func keys(_ key: String) -> StaticCredentialSource {
        .static(AWSCredentials(accessKeyID: key, secretAccessKey: "topSecretKey"))
    }

    @Test("Each gets a token of the identity it asked for, and of no other")
    func identities() async throws {
        let sources = AWSCredentialSourceRegistry(context: .bare(files: ConfigFile()))
        try sources.add("one") { Self.keys("AKIAONE") }
        try sources.add("two") { Self.keys("AKIATWO") }
        let generators = AuthTokenGeneratorRegistry(defaults: [
            ("g", { RDSGenerator(credentials: TestWorld.source(), sources: sources) })
        ])
        let issuer = TokenIssuer(generators: generators)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for step in 0..<300 {
                        let choice = Self.choices[(step + task) % Self.choices.count]
                        let issued = try await issuer.token(from: "g", for: TestWorld.request(choice.parameters))
                        #expect(issued.token.credential?.accessKeyID == choice.key)
                        if step % 50 == task { issuer.invalidate(issued) }
                    }
                }
            }
            group.addTask {
                for step in 0..<100 {
                    try sources.add("one", replacing: true) { Self.keys("AKIAONE") }
                    try sources.add("more \(step)") { Self.keys("AKIAMORE") }
                    await Task.yield()
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("A source that connection strings name is built and asked once for many who ask at once")
    func once() async throws {
        let sts = STSDouble()
        let sources = AWSCredentialSourceRegistry(
            context: .bare(["AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "topSecretEnv"], http: sts)
        )
        let generator = RDSGenerator(
            credentials: TestWorld.source(),
            sources: sources,
            context: .bare()
        )
        let request = TestWorld.request([
            "aws_rds_iam_credentials": "environment", "aws_rds_iam_role_arn": "arn:aws:iam::111122223333:role/app",
        ])
        try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<500 {
                group.addTask { try await generator.token(for: request).credential?.accessKeyID }
            }
            for try await key in group { #expect(key == "ASIAROLE1") }
        }
        #expect(sts.signers == ["AKIAENV"])
    }
}
