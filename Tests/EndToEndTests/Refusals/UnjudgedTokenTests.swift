import AWSCredentialSources
import AWSGenerators
import AuthTokens
import LoginDiagnosis
import PGConninfo
import PGRDSIAM
import TestSupport
import Testing

@Suite("A token that the server did not refuse", .timeLimit(.minutes(5)))
struct UnjudgedTokenTests {
    /// A login that fails, and whether its token is at fault.
    struct Login: Sendable, CustomTestStringConvertible {
        let user: String
        var more = ""
        let code: LikelyCause.Code
        var testDescription: String { "\(code)" }
    }

    static let unjudged = [
        Login(user: "nologin", code: .loginNotPermitted), Login(user: "barred", code: .accessRule),
        Login(user: "staged", more: "replication=true", code: .accessRule),
        Login(user: "replicator", more: "replication=true", code: .replicationRole),
        Login(user: "limited", code: .tooManyConnections),
        Login(user: "staged", more: "dbname=none", code: .databaseMissing),
        Login(user: "staged", more: "dbname=closed", code: .noConnectPrivilege),
    ]

    private func failures(_ login: Login, times: Int, _ made: Counter) async throws -> [RDSIAMError] {
        let stage = try await Stage.shared
        let inner = RDSGenerator(credentials: .static(stage.credentials))
        let build: AuthTokenGeneratorRegistry.Build = {
            ClosureTokenGenerator { request in
                made.increment()
                return try await inner.token(for: request)
            }
        }
        let issuer = TokenIssuer(generators: AuthTokenGeneratorRegistry(aws: [("default", build)]))
        var failures: [RDSIAMError] = []
        for _ in 0..<times {
            let error = await #expect(throws: RDSIAMError.self) {
                try await RDSIAM.connect(
                    stage.conninfo(login.user, login.more),
                    issuer: issuer,
                    environment: .bare
                )
            }
            failures += [error].compactMap { $0 }
        }
        return failures
    }

    @Test("is not thrown away, and not blamed", arguments: unjudged)
    func reused(_ login: Login) async throws {
        let made = Counter()
        let failures = try await failures(login, times: 3, made)
        #expect(failures.map { $0.likelyCauses.map(\.code) } == Array(repeating: [login.code], count: 3))
        #expect(made.count == 1)
    }

    @Test("is not thrown away if PostgreSQL compared it with a stored password")
    func compared() async throws {
        let made = Counter()
        let failures = try await failures(Login(user: "plain", code: .userWithoutRDSIAM), times: 3, made)
        #expect(failures.map { $0.likelyCauses.first?.code } == Array(repeating: .userWithoutRDSIAM, count: 3))
        #expect(made.count == 1)
    }

    @Test("is another matter than one that it did refuse: the next login has a new one")
    func judged() async throws {
        let made = Counter()
        let login = Login(user: "staged", more: "aws_rds_iam_region=eu-west-1", code: .regionMismatch)
        _ = try await failures(login, times: 2, made)
        // Three if both logins fall into one second, in which the same token would come out again.
        #expect((2...3).contains(made.count))
    }

    @Test(
        "is not even made for settings that exclude it, and nothing is dialed",
        arguments: [
            "channel_binding=require", "sslmode=disable", "aws_rds_iam_tls_tunnel=1 sslmode=require",
            "aws_rds_iam_tls_tunnel=1 host=localhost hostaddr=''", "sslrootcert=system",
        ]
    )
    func excluded(_ setting: String) async throws {
        // libpq 16 and newer know the system's roots, and check the certificate that the trap does not have.
        if setting == "sslrootcert=system", Conninfo.Dialect.linked >= .v16 { return }
        let trap = try PasswordTrap()
        let made = Counter()
        let more = "sslrootcert='' port=\(trap.port) \(setting)"
        let failures = try await failures(Login(user: "staged", more: more, code: .noTLS), times: 1, made)
        #expect(failures.map(\.code) == [.invalidRequest])
        #expect(made.count == 0 && trap.clientCount == 0)
    }
}
