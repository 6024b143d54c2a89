import AWSCredentialSources
import AWSGenerators
import AuthTokens
import AuthTokensTesting
import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ConformanceTests {
    @Test("The generator keeps the promises that others' must keep, and prints none of its secrets")
    func conformance() async throws {
        let keys = ["AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "topSecretEnv"]
        let secrets = ["topSecretKey", "topSecretToken", "topSecretEnv", "topSecretFile", "topSecretRole"]
        for parameters in [[:], ["aws_rds_iam_credentials": "environment"], ["aws_rds_iam_profile": "dev"]] {
            try await GeneratorConformance(
                secrets: secrets,
                otherUser: "reader",
                failing: { clock in
                    RDSGenerator(
                        credentials: .custom { throw AWSCredentialError(.unreachable, "no answer") },
                        context: .bare(now: { clock.now })
                    )
                },
                hanging: { clock in
                    RDSGenerator(
                        credentials: .custom {
                            try await Task.sleep(for: .seconds(3600))
                            throw AWSCredentialError(.unreachable, "no answer")
                        },
                        sources: AWSCredentialSourceRegistry(
                            context: .bare(keys, files: ConfigFile(), now: { clock.now })
                        ),
                        context: .bare(keys, now: { clock.now })
                    )
                },
                make: { clock in
                    RDSGenerator(
                        credentials: .custom { TestWorld.credentials(expiration: clock.now + 3600) },
                        sources: AWSCredentialSourceRegistry(
                            context: .bare(keys, files: ConfigFile(), now: { clock.now })
                        ),
                        context: .bare(keys, now: { clock.now })
                    )
                }
            )
            .check(TestWorld.request(parameters))
        }
    }
}
