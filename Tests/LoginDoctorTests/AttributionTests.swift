import AWSCredentialSources
import AWSGenerators
import AuthTokens
import LoginDoctor
import Testing

@Suite("What a finding is put down to", .timeLimit(.minutes(3)))
struct AttributionTests {
    @Test("a region that an option names is the option's", arguments: [true, false])
    func region(isOption: Bool) async throws {
        let examination = try Machine(try await Stage.keys()).examination()
        let keyword = AWSKeyword.region
        let report = try await examination.report(
            on: try await Stage.conninfo("andrew", isOption ? "" : "\(keyword)=us-east-1"),
            overriding: isOption ? [keyword: "us-east-1"] : [:]
        )
        let cause = try #require(report.causes.first)
        #expect(cause.code == "regionMismatch")
        let origin = isOption ? "an option" : "the connection string"
        #expect(cause.evidence.first == "The region us-east-1 comes from \(origin).")
        #expect(cause.advice == "Remove \(isOption ? "--region" : keyword): the host name tells the region.")
        #expect(report.next?.contains("us-east-1") == false)
    }

    /// A generator, and what is missing for it at a host of RDS.
    static let generators = [
        ("secrets-manager", "The connection string names no secret.", "Set aws_rds_iam_secret_id"),
        (
            "secrets-manager aws_rds_iam_secret_id=blog",
            "The AWS region is not known, as the generator secrets-manager does not take it from the host name.",
            "Set aws_rds_iam_region"
        ),
        (
            "redshift",
            "The AWS region is not known, as the generator redshift takes it from the name of a Redshift endpoint alone.",
            "Name a Redshift endpoint"
        ),
    ]

    @Test("a region is missed only of a generator that the host name tells none", arguments: generators)
    func generator(_ name: String, _ summary: String, _ advice: String) async throws {
        let context = try Machine(try await Stage.keys()).context
        let sources = AWSCredentialSourceRegistry(context: context)
        let secret = AWSKeyword.common + [AWSKeyword.secretID]
        let generators = AuthTokenGeneratorRegistry([
            AuthTokenGeneratorRegistry.Registration("secrets-manager", keywords: secret) {
                SecretsManagerGenerator(sources: sources, context: context)
            },
            AuthTokenGeneratorRegistry.Registration("redshift", keywords: AWSKeyword.common) {
                RedshiftGenerator(sources: sources, context: context)
            },
        ])
        var examination = Examination(issuer: TokenIssuer(generators: generators))
        examination.isOffline = true
        let conninfo = "host=\(Stage.host) user=u aws_rds_iam_auth_token_generator=\(name)"
        let report = try await examination.report(on: conninfo)
        #expect(report.causes.first?.summary == summary)
        #expect(report.advice?.hasPrefix(advice) == true, "\(report.advice ?? "")")
    }

    @Test(
        "credentials that were not looked at are not called missing",
        arguments: ["hots=a", "host=\(Stage.host) user=u"]
    )
    func identity(_ conninfo: String) async throws {
        let machine = try Machine(["PATH": "/usr/bin:/bin"])
        try machine.home.write("[default]\ncredential_process = exit 3\n", to: ".aws/config")
        var examination = machine.examination()
        examination.isOffline = true
        let report = try await examination.report(on: conninfo)
        let steps = report.steps.filter { [.credentials, .identity].contains($0.name) }
        #expect(steps.map(\.mark) == [.skipped, .skipped])
        #expect(steps[0].summary == steps[1].summary, "\(steps)")
    }

    @Test("the server's words stay whole, also with a semicolon in them")
    func semicolon() async throws {
        let examination = try Machine(try await Stage.keys()).examination()
        let report = try await examination.report(on: try await Stage.conninfo("'a;b; c'"))
        #expect(report.words.count == 1, "\(report.words)")
        #expect(report.words.first?.contains(#"user "a;b; c""#) == true, "\(report.words)")
    }
}
