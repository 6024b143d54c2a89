import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct NamedCredentialTests {
    private static let keys = ["AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "topSecretEnv"]

    private func generator(_ sources: AWSCredentialSourceRegistry) -> RDSGenerator {
        RDSGenerator(
            credentials: TestWorld.source(),
            sources: sources,
            context: .bare(["AWS_REGION": "cc-test-1"])
        )
    }

    private static func sources(_ environment: [String: String] = [:]) -> AWSCredentialSourceRegistry {
        AWSCredentialSourceRegistry(context: .bare(environment, files: ConfigFile()))
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var parameters: [String: String] = [:]
        let key: String
        let source: String
        var profile: String?
    }

    @Test(
        "A connection string chooses whose credentials sign",
        arguments: [
            Case(testDescription: "by saying nothing", key: "ASIATESTKEY", source: "environment", profile: "dev"),
            Case(
                testDescription: "default",
                parameters: ["aws_rds_iam_credentials": "default"],
                key: "AKIAENV",
                source: "environment"
            ),
            Case(
                testDescription: "environment",
                parameters: ["aws_rds_iam_credentials": "environment"],
                key: "AKIAENV",
                source: "environment"
            ),
            Case(
                testDescription: "profile",
                parameters: ["aws_rds_iam_credentials": "profile"],
                key: "AKIAFILE",
                source: "profile",
                profile: "default"
            ),
            Case(
                testDescription: "a profile by name",
                parameters: ["aws_rds_iam_profile": "dev"],
                key: "AKIADEV",
                source: "profile",
                profile: "dev"
            ),
            Case(
                testDescription: "a profile by name, of the source default",
                parameters: ["aws_rds_iam_profile": "dev", "aws_rds_iam_credentials": "default"],
                key: "AKIADEV",
                source: "profile",
                profile: "dev"
            ),
            Case(
                testDescription: "a profile by name, of the source profile",
                parameters: ["aws_rds_iam_profile": "dev", "aws_rds_iam_credentials": "profile"],
                key: "AKIADEV",
                source: "profile",
                profile: "dev"
            ),
            Case(
                testDescription: "the program's own",
                parameters: ["aws_rds_iam_credentials": "house"],
                key: "AKIAHOUSE",
                source: "custom"
            ),
            Case(
                testDescription: "empty ones, which say nothing",
                parameters: ["aws_rds_iam_profile": "", "aws_rds_iam_credentials": "", "aws_rds_iam_role_arn": ""],
                key: "ASIATESTKEY",
                source: "environment",
                profile: "dev"
            ),
        ]
    )
    func choice(_ test: Case) async throws {
        let sources = Self.sources(Self.keys)
        try sources.add("house") {
            .static(AWSCredentials(accessKeyID: "AKIAHOUSE", secretAccessKey: "topSecretHouse"))
        }
        let token = try await generator(sources).token(for: TestWorld.request(test.parameters))
        #expect(token.credential?.accessKeyID == test.key)
        #expect(token.credential?.source == test.source)
        #expect(token.credential?.profile == test.profile)
        #expect(parameter("X-Amz-Credential", of: token)?.hasPrefix(test.key) == true)
    }

    @Test("The standard sources go by their kinds' names")
    func names() async throws {
        let sources = Self.sources()
        #expect(sources.names == ["default", "environment", "profile", "web-identity", "container", "imds"])
        for name in sources.names.dropFirst() {
            #expect(try await sources.value(named: name).kind.rawValue == name)
        }
    }

    @Test("An unknown name is refused, with the known names and the nearest one")
    func unknown() async throws {
        let request = TestWorld.request(["aws_rds_iam_credentials": "imsd"])
        let error = await #expect(throws: NamedRegistryError.self) {
            try await generator(Self.sources()).token(for: request)
        }
        #expect(error?.code == .unknownName)
        #expect(error?.nearest == "imds")
        #expect(error?.description.hasPrefix(#"No credential source is named "imsd". "#) == true)
        #expect(error?.description.contains("environment, profile, web-identity, container, imds") == true)
    }

    @Test("A source that is named and has nothing is not replaced by another")
    func nothing() async throws {
        let request = TestWorld.request(["aws_rds_iam_credentials": "environment"])
        let error = await #expect(throws: AWSCredentialError.self) {
            try await generator(Self.sources()).token(for: request)
        }
        #expect(error?.code == .notConfigured)
        let missing = TestWorld.request(["aws_rds_iam_profile": "missing"])
        let refusal = await #expect(throws: AWSCredentialError.self) {
            try await generator(Self.sources(Self.keys)).token(for: missing)
        }
        #expect(refusal?.code == .invalidConfiguration)
    }

    @Test(
        "Settings that contradict each other are refused",
        arguments: [
            (["aws_rds_iam_profile": "dev", "aws_rds_iam_credentials": "imds"], "conflictingCredentials"),
            (["aws_rds_iam_role_arn": "reader"], "invalidRole"),
            (["aws_rds_iam_external_id": "x"], "conflictingCredentials"),
            (["aws_rds_iam_role_session_name": "x"], "conflictingCredentials"),
        ]
    )
    func nonsense(_ parameters: [String: String], code: String) async throws {
        let generator = generator(Self.sources(Self.keys))
        let error = await #expect(throws: AWSGeneratorError.self) {
            try await generator.token(for: TestWorld.request(parameters))
        }
        #expect(error?.auditCode == "AWSGeneratorError.\(code)")
        #expect(parameters.keys.allSatisfy { error?.description.contains($0) == true })
    }

    @Test("A role is assumed with the credentials that the rest of the string names, once for many tokens")
    func role() async throws {
        let calls = STSDouble()
        let context = CredentialContext.bare(Self.keys, files: ConfigFile(), http: calls)
        let generator = generator(AWSCredentialSourceRegistry(context: context))
        let arn = "arn:aws:iam::111122223333:role/reader"
        for user in ["a", "b", "c"] {
            var request = TestWorld.request(user: user, ["aws_rds_iam_role_arn": arn, "aws_rds_iam_profile": "dev"])
            let token = try await generator.token(for: request)
            #expect(token.credential?.accessKeyID == "ASIAROLE1")
            #expect(token.credential?.roleARN == arn)
            #expect(token.value.contains("X-Amz-Security-Token=topSecretSession"))
            request.parameters = ["aws_rds_iam_role_arn": arn]
            #expect(try await generator.token(for: request).credential?.accessKeyID == "ASIAROLE2")
        }
        #expect(calls.signers == ["AKIADEV", "ASIATESTKEY"])
        #expect(calls.bodies.allSatisfy { $0.contains("Action=AssumeRole&") && $0.contains("role%2Freader") })
    }

    @Test("A role is assumed under the session name and with the external ID of the string, at the STS of its region")
    func roleSession() async throws {
        let calls = STSDouble()
        let context = CredentialContext.bare(Self.keys, files: ConfigFile(), http: calls)
        let generator = generator(AWSCredentialSourceRegistry(context: context))
        let arn = "arn:aws:iam::111122223333:role/reader"
        let session = ["aws_rds_iam_external_id": "e x", "aws_rds_iam_role_session_name": "job-1"]
        let parameters: [[String: String]] = [
            ["aws_rds_iam_region": "eu-west-2"], ["aws_rds_iam_region": "ap-south-1"].merging(session) { $1 },
            ["aws_rds_iam_profile": "dev"].merging(session) { $1 },
        ]
        for (index, more) in parameters.enumerated() {
            let request = TestWorld.request(more.merging(["aws_rds_iam_role_arn": arn]) { $1 })
            #expect(try await generator.token(for: request).credential?.accessKeyID == "ASIAROLE\(index + 1)")
            #expect(generator.isCurrent(try await generator.token(for: request), for: request))
        }
        #expect(
            calls.hosts == [
                "sts.eu-west-2.amazonaws.com", "sts.ap-south-1.amazonaws.com", "sts.dd-dev-1.amazonaws.com",
            ]
        )
        let sessions = calls.bodies.map { $0.contains("RoleSessionName=job-1") && $0.contains("ExternalId=e%20x") }
        #expect(sessions == [false, true, true])
    }

    @Test(
        "If nothing else names a region, a role is assumed at the STS of the generator's region, else of the host's",
        arguments: [
            (nil, "db-1.abcdefghijkl.af-south-1.rds.amazonaws.com", "aws", "sts.af-south-1.amazonaws.com"),
            ("me-south-1", "db-1.abcdefghijkl.af-south-1.rds.amazonaws.com", "aws", "sts.me-south-1.amazonaws.com"),
            (nil, "db.internal", "aws", "sts.amazonaws.com"),
            (nil, "no_host name", "aws", "sts.amazonaws.com"),
            // A role of another partition is not assumed there.
            (nil, TestWorld.host, "aws-cn", "sts.cn-northwest-1.amazonaws.com.cn"),
        ] as [(String?, String, String, String)]
    )
    func roleStandInRegion(_ region: String?, _ host: String, _ partition: String, _ endpoint: String) async throws {
        let calls = STSDouble()
        var context = CredentialContext.bare(Self.keys, files: ConfigFile(), http: calls)
        let role = ["aws_rds_iam_role_arn": "arn:\(partition):iam::111122223333:role/reader"]
        let request = TestWorld.request(host: host, role)
        for _ in 0..<2 {
            let sources = AWSCredentialSourceRegistry(context: context)
            let generator = RDSGenerator(region: region, sources: sources, context: context)
            _ = try await generator.caller.credentials(for: request)
            _ = try await generator.caller.credentials(for: request)
            context.environment["AWS_REGION"] = "eu-north-1"
        }
        #expect(calls.hosts == [endpoint, "sts.eu-north-1.amazonaws.com"])
    }

    @Test("A profile's region counts as the configuration's")
    func profileRegion() async throws {
        let generator = generator(Self.sources())
        let request = TestWorld.request(host: "db.example.com", ["aws_rds_iam_profile": "dev"])
        let region = try await generator.signingRegion(for: request)
        #expect(region.name == "dd-dev-1")
        #expect(region.origin == .configuration)
        #expect(try await generator.signingRegion(for: TestWorld.request(host: "db.example.com")).name == "cc-test-1")
    }
}
