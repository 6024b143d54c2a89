import AWSGenerators
import AuthTokens
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SigningRegionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var parameter: String?
        var generator: String?
        var host = "db.example.com"
        var environment: [String: String] = [:]
        let region: String
        let origin: SigningRegion.Origin
    }

    static let cases = [
        Case(
            testDescription: "the connection string outranks all",
            parameter: "aa-test-1",
            generator: "bb-test-1",
            host: TestWorld.host,
            environment: ["AWS_REGION": "cc-test-1"],
            region: "aa-test-1",
            origin: .connectionString
        ),
        Case(
            testDescription: "the generator outranks the host name",
            generator: "bb-test-1",
            host: TestWorld.host,
            environment: ["AWS_REGION": "cc-test-1"],
            region: "bb-test-1",
            origin: .generator
        ),
        Case(
            testDescription: "the host name outranks the environment",
            host: TestWorld.host,
            environment: ["AWS_REGION": "cc-test-1"],
            region: "eu-west-2",
            origin: .hostName
        ),
        Case(
            testDescription: "the environment is asked last",
            environment: ["AWS_REGION": "cc-test-1"],
            region: "cc-test-1",
            origin: .configuration
        ),
        Case(
            testDescription: "an empty parameter is none",
            parameter: "",
            host: TestWorld.host,
            region: "eu-west-2",
            origin: .hostName
        ),
        Case(
            testDescription: "a global database's host name says no region",
            host: "db.global-abc123.global.rds.amazonaws.com",
            environment: ["AWS_DEFAULT_REGION": "dd-test-1"],
            region: "dd-test-1",
            origin: .configuration
        ),
    ]

    @Test(arguments: cases)
    func theFirstWhoKnowsNamesTheRegion(_ test: Case) async throws {
        let generator = TestWorld.generator(region: test.generator, environment: test.environment)
        let request = TestWorld.request(host: test.host, test.parameter.map { ["aws_rds_iam_region": $0] } ?? [:])
        let region = try await generator.signingRegion(for: request)
        #expect(region.name == test.region)
        #expect(region.origin == test.origin)

        let token = try await generator.token(for: request)
        #expect(token.region == test.region)
        #expect(
            parameter("X-Amz-Credential", of: token)
                == "ASIATESTKEY%2F20260101%2F\(test.region)%2Frds-db%2Faws4_request"
        )
    }

    @Test func theOverridingHostNamesTheRegion() async throws {
        let request = TestWorld.request(host: "localhost", ["aws_rds_iam_host": TestWorld.host])
        #expect(try await TestWorld.generator().signingRegion(for: request).name == "eu-west-2")
    }

    @Test func withoutARegionNothingIsSigned() async {
        let error = await #expect(throws: AWSGeneratorError.self) {
            try await TestWorld.generator().token(for: TestWorld.request(host: "db.example.com"))
        }
        #expect(error?.code == .noRegion)
        #expect(error?.auditCode == "AWSGeneratorError.noRegion")
        #expect(error?.description.contains("Set aws_rds_iam_region in the connection string") == true)
    }
}
