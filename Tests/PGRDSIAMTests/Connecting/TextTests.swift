import Foundation
import PGConninfo
import Testing

@testable import PGRDSIAM

@Suite("Values of a connection string that are not UTF-8", .timeLimit(.minutes(1)))
struct TextTests {
    private func plan(_ conninfo: String) throws -> ConnectionPlan {
        let environment = ConninfoEnvironment(userName: "os-user")
        let parsed = try Conninfo.parse(conninfo, dialect: .linked, extensions: .rdsIAM)
        return try ConnectionPlan(parsed, environment: environment)
    }

    @Test(
        "are refused for a login with a token, whatever they say",
        arguments: [
            "aws_rds_iam_auth_token_generator", "aws_rds_iam_region", "aws_rds_iam_host", "aws_rds_iam_port",
            "aws_rds_iam_credentials", "aws_rds_iam_profile", "aws_rds_iam_role_arn", "aws_rds_iam_external_id",
            "aws_rds_iam_role_session_name", "aws_rds_iam_secret_id", "user", "dbname", "host",
            "hostaddr",
        ]
    )
    func refused(keyword: String) throws {
        let generator = keyword.hasSuffix("generator") ? "" : "aws_rds_iam_auth_token_generator=default&"
        let host = keyword == "hostaddr" ? "" : "host=h.example.com&"
        let error = try #require(throws: RDSIAMError.self) {
            try plan("postgresql://?\(generator)\(host)user=u&\(keyword)=caf%E9")
        }
        #expect(error.code == .invalidRequest)
        #expect(error.message.contains("The value of \(keyword) is not UTF-8"))
        #expect(!error.isRetryable)
    }

    @Test("a root certificate in such a file counts, so that the server's certificate is checked")
    func rootCertificate() throws {
        let generator = "aws_rds_iam_auth_token_generator=default"
        let plan = try plan("postgresql://u@h.example.com/?\(generator)&sslrootcert=/tmp/%E9.pem")
        #expect(plan.conninfo[.sslmode] == "verify-full")
    }
}
