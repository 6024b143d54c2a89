import PGConninfo
import Testing

@testable import PGRDSIAM

@Suite("The TLS that a login with a token requires", .timeLimit(.minutes(1)))
struct TLSPolicyTests {
    /// Settings that ask for less or for more TLS.
    struct Wish: Sendable, CustomTestStringConvertible {
        var string = ""
        var variables: [String: String] = [:]
        var service = ""
        var hasRootFile = false
        let outcome: Outcome

        var testDescription: String { "\(string) \(variables) \(service) \(hasRootFile)" }

        var environment: ConninfoEnvironment {
            var files = ["/home/u/.pg_service.conf": "[s]\nport=5432\n\(service)\n"]
            if hasRootFile { files["/home/u/.postgresql/root.crt"] = "" }
            return ConninfoEnvironment(
                variables: variables,
                homeDirectory: "/home/u",
                userName: "u",
                files: .inMemory(files)
            )
        }
    }

    enum Outcome: Sendable, Equatable {
        case mode(String)
        /// libpq itself would refuse the setting.
        case invalid
        case insecure
    }

    private static let wishes = [
        Wish(outcome: .mode("require")),
        Wish(hasRootFile: true, outcome: .mode("verify-full")),
        Wish(string: "sslrootcert=/ca", outcome: .mode("verify-full")),
        Wish(variables: ["PGSSLROOTCERT": "/ca"], outcome: .mode("verify-full")),
        Wish(service: "sslrootcert=/ca", outcome: .mode("verify-full")),
        Wish(string: "sslrootcert=''", hasRootFile: true, outcome: .mode("verify-full")),
        Wish(variables: ["PGREQUIRESSL": "1"], hasRootFile: true, outcome: .mode("require")),
        Wish(variables: ["PGREQUIRESSL": "0"], outcome: .mode("require")),
        Wish(variables: ["PGREQUIRESSL": "1", "PGSSLMODE": "prefer"], outcome: .insecure),
        Wish(string: "sslmode=require", hasRootFile: true, outcome: .mode("require")),
        Wish(string: "sslmode=verify-ca", variables: ["PGSSLMODE": "disable"], outcome: .mode("verify-ca")),
        Wish(string: "sslmode=disable", variables: ["PGSSLMODE": "verify-full"], outcome: .insecure),
        Wish(variables: ["PGSSLMODE": "allow"], service: "sslmode=verify-ca", outcome: .mode("verify-ca")),
        Wish(variables: ["PGSSLMODE": "verify-ca"], service: "sslmode=allow", outcome: .insecure),
        Wish(string: "sslmode=''", outcome: .invalid),
        Wish(variables: ["PGSSLMODE": ""], outcome: .invalid),
        Wish(string: "sslmode=DISABLE", outcome: .invalid),
        Wish(string: "sslmode='disable '", outcome: .invalid),
        Wish(string: "gssencmode=require", outcome: .insecure),
        Wish(variables: ["PGGSSENCMODE": "require"], outcome: .insecure),
        Wish(service: "gssencmode=require", outcome: .insecure),
        Wish(string: "gssencmode=prefer", variables: ["PGGSSENCMODE": "require"], outcome: .mode("require")),
    ]

    @Test("is the most that is asked for, and never none", arguments: wishes)
    func outcome(_ wish: Wish) throws {
        #expect(try outcome(of: wish.string, in: wish.environment) == wish.outcome)
    }

    @Test(
        "is not lowered by bytes that are not text",
        arguments: [[0xFF], Array("disable".utf8) + [0xFF]] as [[UInt8]]
    )
    func noText(_ bytes: [UInt8]) throws {
        var environment = Wish(outcome: .invalid).environment
        environment.variables = ["PGSSLMODE": bytes]
        #expect(try outcome(of: "", in: environment) == .invalid)
        environment.variables = ["PGGSSENCMODE": bytes]
        #expect(try outcome(of: "", in: environment) == .mode("require"))
    }

    private func outcome(of string: String, in environment: ConninfoEnvironment) throws -> Outcome {
        let text = "host=db.example.com service=s aws_rds_iam_auth_token_generator=default \(string)"
        let conninfo = try Conninfo.parse(text, dialect: .v15, extensions: .rdsIAM)
        do {
            let plan = try ConnectionPlan(conninfo, environment: environment)
            #expect(plan.conninfo[.gssencmode] == "disable")
            return .mode(try #require(plan.conninfo[.sslmode]))
        } catch let error as ConninfoError {
            #expect(error.keyword == "sslmode")
            return .invalid
        } catch let error as RDSIAMError {
            #expect(error.code == .invalidRequest)
            return .insecure
        }
    }
}
