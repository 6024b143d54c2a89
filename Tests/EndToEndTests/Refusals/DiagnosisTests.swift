import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import LoginDiagnosis
import PGConninfo
import PGRDSIAM
import TestSupport
import Testing

@Suite("The error of a refused login", .timeLimit(.minutes(5)))
struct DiagnosisTests {
    @Test("names the fault first", arguments: StagedFault.all)
    func first(_ fault: StagedFault) async throws {
        let evidence = try #require(try await fault.evidence())
        let causes = evidence.likelyCauses
        #expect(causes.first?.code == fault.code, "\(evidence.messages) \(causes)")
        #expect(causes.first?.certainty == fault.certainty)
        let account = try await Stage.shared.credentials
        let text = causes.map { "\($0) \($0.evidence)" }.joined()
        #expect(!text.contains(account.secretAccessKey) && !text.contains("X-Amz-Signature="))
    }

    @Test("is told in the documentation for each fault that is staged")
    func table() throws {
        let page = Repository.path("Sources/LoginDiagnosis/LoginDiagnosis.docc/StagedFaults.md")
        let rows = try String(contentsOfFile: page, encoding: .utf8).split(separator: "\n")
            .filter { $0.hasPrefix("| ") && !$0.hasPrefix("| Fault") }
        let staged = StagedFault.all.map { "| \($0.name) | `\($0.code)` | \($0.certainty) |" }
        #expect(rows.map(String.init) == staged, "\n\(staged.joined(separator: "\n"))")
    }

    @Test("names the region the token was signed for and the one the host is in")
    func region() async throws {
        let stage = try await Stage.shared
        let error = await stage.refusal("staged", "aws_rds_iam_region=eu-west-1")
        #expect(error?.description.contains("signed for eu-west-1, but the host is in eu-west-2") == true)
        #expect(error?.endpoint == "\(stage.server.facts.host):\(stage.server.facts.port)")
    }

    @Test("has advice that works: the tunnel's fault is gone with the port that it names")
    func tunnelAdvice() async throws {
        let stage = try await Stage.shared
        let tunnel = "host=tunnel.example.com sslrootcert='' aws_rds_iam_host=\(Stage.endpoint)"
        let refused = await stage.refusal("staged", "\(tunnel) aws_rds_iam_port=''")
        #expect(refused?.likelyCauses.first?.advice.contains("aws_rds_iam_port=5432") == true)
        #expect(await stage.refusal("staged", "\(tunnel) aws_rds_iam_port=5432") == nil)
    }

    @Test("does not repeat libpq's advice to do without the check of the certificate")
    func weakAdvice() async throws {
        let error = try #require(try await Stage.shared.refusal("staged", "sslrootcert=/none/root.crt"))
        #expect(
            "\(error)".contains("root certificate file \"/none/root.crt\" does not exist. Likely cause: The file of")
        )
        let words = "\(error) \(error.likelyCauses.map(\.evidence))"
        #expect(!words.contains("disable") && !words.contains("Either provide"))
        #expect((error.underlyingError as? PGError)?.message.contains("Either provide the file") == true)
    }

    @Test("lists what cannot be ruled out if nothing on this side is wrong, the clock among it")
    func unknown() async throws {
        let stage = try await Stage.shared
        let error = await stage.refusal(
            "staged",
            "",
            RDSGenerator(credentials: .static(stage.credentials(endingIn: 1e6)))
        )
        #expect(
            error?.likelyCauses.map(\.code) == [.missingPermission, .wrongResourceID, .clockSkew, .iamDisabled]
        )
        #expect(error?.likelyCauses.allSatisfy { $0.certainty < .evident } == true)
        #expect(error?.description.contains("Possible causes: ") == true)
    }

    @Test("does not mention RDS if the token is another service's")
    func otherService() async throws {
        let other = ClosureTokenGenerator { _ in
            AuthToken(value: "another", kind: .signed, signedAt: Date(), expiresAt: Date() + 900, region: "eu-west-1")
        }
        let error = try await Stage.shared.refusal("staged", "", other)
        #expect(error?.code == .loginRefused)
        #expect(error?.likelyCauses.map(\.code) == [.clockSkew])
    }

    @Test("says that TLS was stripped on the way; the server in the middle got no token")
    func strippedTLS() async throws {
        let stage = try await Stage.shared
        let stripper = try await TLSStripper.start()
        let error = await stage.refusal("staged", "port=\(stripper.port)")
        #expect(error?.code == .connectionFailed)
        #expect(error?.likelyCauses.map(\.code) == [.noTLS])
        #expect(error?.endpoint == "\(stage.server.facts.host):\(stripper.port)")
        #expect(try Set(stripper.events()).isSubset(of: ["tls refused", "gone"]))
        #expect(try stripper.events().first == "tls refused")
    }
}
