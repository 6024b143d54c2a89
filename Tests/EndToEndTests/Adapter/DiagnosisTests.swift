import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import PGConninfo
import PGRDSIAM
import TestSupport
import Testing

@Suite("The error of a refused login", .timeLimit(.minutes(5)))
struct DiagnosisTests {
    private func refusal(
        _ conninfo: String,
        _ issuer: TokenIssuer
    ) async -> RDSIAMError? {
        await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare)
        }
    }

    @Test("names the region the token was signed for and the one the host is in")
    func region() async throws {
        let server = try await RDSLookalike.start(["--user", "diagnosed"])
        let error = await refusal(
            server.tokenConninfo(user: "diagnosed", "aws_rds_iam_region=eu-west-1"),
            try server.issuer()
        )
        #expect(error?.likelyCauses.first?.code == .regionMismatch)
        #expect(error?.description.contains("signed for eu-west-1, but the host is in eu-west-2") == true)
        #expect(error?.endpoint == "\(server.facts.host):\(server.facts.port)")
    }

    @Test("says that a user is no member of rds_iam")
    func plainUser() async throws {
        let server = try await RDSLookalike.start(["--plain-user", "plain"])
        let error = await refusal(server.tokenConninfo(user: "plain"), try server.issuer())
        #expect(error?.sqlState == "28P01")
        #expect(error?.likelyCauses.map(\.code) == [.userWithoutRDSIAM])
        #expect(error?.description.contains("GRANT rds_iam") == true)
    }

    @Test("lists clocks and permission if nothing on this side is wrong")
    func clock() async throws {
        let server = try await RDSLookalike.start(["--user", "skewed", "--clock-shift", "1200"])
        let error = await refusal(server.tokenConninfo(user: "skewed"), try server.issuer())
        #expect(try server.verdicts(on: "skewed").map(\.reason) == ["expired"])
        #expect(error?.likelyCauses.map(\.code) == [.clockSkew, .missingPermission, .userWithoutRDSIAM])
        #expect(error?.likelyCauses.allSatisfy { !$0.isEvident } == true)
        #expect(error?.description.contains("This machine's clock") == true)
    }

    @Test("says that credentials near their end took the token with them")
    func nearExpiry() async throws {
        let server = try await SharedServer.value
        let account = try Account(of: server)
        let dying = AWSCredentials(
            accessKeyID: account.accessKeyID,
            secretAccessKey: "wrong",
            sessionToken: account.sessionToken,
            expiration: Date() + 100
        )
        let error = await refusal(server.tokenConninfo(user: "andrew"), try server.issuer(credentials: dying))
        #expect(error?.likelyCauses.first?.code == .credentialsNearExpiry)
    }

    @Test("says that a name which is no endpoint was signed for")
    func alias() async throws {
        let name = "db.example.com"
        let server = try await RDSLookalike.start([
            "--user", "aliased", "--name", name, "--endpoint", "other.example.com",
        ])
        let conninfo = """
            host=\(name) hostaddr=127.0.0.1 port=\(server.facts.port) user=aliased dbname=postgres sslmode=require \
            aws_rds_iam_region=eu-west-1 aws_rds_iam_auth_token_generator=default
            """
        let error = await refusal(conninfo, try server.issuer())
        #expect(error?.likelyCauses.first?.code == .notAnEndpointName)
        #expect(error?.description.contains("aws_rds_iam_host") == true)
    }

    @Test("does not mention RDS if the token is another service's")
    func otherService() async throws {
        struct OtherService: AuthTokenGenerator {
            func token(for request: AuthTokenRequest) async throws -> AuthToken {
                let now = Date()
                return AuthToken(value: "another", signedAt: now, expiresAt: now + 900, region: "eu-west-1")
            }
        }
        let server = try await SharedServer.value
        let generators = AuthTokenGeneratorRegistry(aws: [("default", { OtherService() })])
        let error = await refusal(server.tokenConninfo(user: "andrew"), TokenIssuer(generators: generators))
        #expect(error?.code == .loginRefused)
        #expect(error?.likelyCauses.map(\.code) == [.clockSkew])
    }

    @Test("says that TLS was stripped on the way; the server in the middle got no token")
    func strippedTLS() async throws {
        let server = try await SharedServer.value
        let stripper = try await TLSStripper.start()
        let conninfo = server.tokenConninfo(user: "andrew", "port=\(stripper.port)")
        let error = await refusal(conninfo, try server.issuer())
        #expect(error?.code == .connectionFailed)
        #expect(error?.likelyCauses.map(\.code) == [.noTLS])
        #expect(error?.endpoint == "\(server.facts.host):\(stripper.port)")
        #expect(try Set(stripper.events()).isSubset(of: ["tls refused", "gone"]))
        #expect(try stripper.events().first == "tls refused")
    }
}
