import PGConninfo
import Testing

@testable import PGRDSIAM

@Suite("The warning that a certificate is not checked", .timeLimit(.minutes(1)))
struct CertificateWarningTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let string: String
        var variables: [String: String] = [:]
        var files: [String: String] = [:]
        let isWarned: Bool
        var testDescription: String { "\(string) \(variables) \(files.keys.sorted())" }
    }

    static let cases = [
        Case(string: "", isWarned: true),
        Case(string: "sslmode=require", isWarned: true),
        Case(string: "", variables: ["PGSSLMODE": "require"], isWarned: true),
        Case(string: "sslmode=verify-ca", isWarned: false),
        Case(string: "sslmode=verify-full", isWarned: false),
        // libpq checks the chain if there is a file, and only then.
        Case(string: "sslmode=require sslrootcert=/ca.pem", files: ["/ca.pem": ""], isWarned: false),
        Case(string: "sslmode=require sslrootcert=/ca.pem", isWarned: true),
        Case(string: "sslmode=require", files: ["/home/u/.postgresql/root.crt": ""], isWarned: false),
        Case(
            string: "sslmode=require sslrootcert=/ca.pem",
            files: ["/home/u/.postgresql/root.crt": ""],
            isWarned: true
        ),
        Case(
            string: "sslmode=require",
            variables: ["PGSSLROOTCERT": "/ca.pem"],
            files: ["/ca.pem": ""],
            isWarned: false
        ),
    ]

    private func hosts(_ string: String, _ environment: ConninfoEnvironment) throws -> [String] {
        let text = "user=u aws_rds_iam_auth_token_generator=default \(string)"
        let plan = try ConnectionPlan(text.conninfo(allowing: .rdsIAM), environment: environment)
        return plan.warnings.map(\.host)
    }

    @Test("comes if it is not, and only then", arguments: cases)
    func warned(_ item: Case) throws {
        let environment = ConninfoEnvironment(
            variables: item.variables,
            homeDirectory: "/home/u",
            userName: "u",
            files: .inMemory(item.files)
        )
        #expect(try hosts("host=h.example.com \(item.string)", environment) == (item.isWarned ? ["h.example.com"] : []))
    }

    @Test("comes for each host of several, by the bytes of their names, and not without a generator")
    func several() throws {
        let environment = ConninfoEnvironment(userName: "u")
        let names = "a.example.com,b.example.com,a.example.com,caf\u{E9},cafe\u{301}"
        let expected = ["a.example.com", "b.example.com", "caf\u{E9}", "cafe\u{301}"]
        #expect(try hosts("host=\(names)", environment).map { Array($0.utf8) } == expected.map { Array($0.utf8) })
        let plain = try ConnectionPlan("host=h sslmode=require".conninfo(allowing: .rdsIAM), environment: environment)
        #expect(plain.warnings.isEmpty)
    }
}
