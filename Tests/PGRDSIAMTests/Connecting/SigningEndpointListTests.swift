import PGConninfo
import Testing

@testable import PGRDSIAM

@Suite("Signing endpoints of several hosts", .timeLimit(.minutes(1)))
struct SigningEndpointListTests {
    private func parameters(_ conninfo: String) throws -> [[String: String]] {
        let text = "\(conninfo) user=u aws_rds_iam_auth_token_generator=default"
        let parsed = try Conninfo.parse(text, dialect: .linked, extensions: .rdsIAM)
        let plan = try ConnectionPlan(parsed, environment: ConninfoEnvironment(userName: "os-user"))
        return plan.targets.map(\.request.parameters)
    }

    @Test("are one for each host, in their order")
    func list() throws {
        let found = try parameters("host=a,b,c aws_rds_iam_host=x.example.com,,z.example.com aws_rds_iam_port=1,2,3")
        #expect(found.map { $0["aws_rds_iam_host"] } == ["x.example.com", "", "z.example.com"])
        #expect(found.map { $0["aws_rds_iam_port"] } == ["1", "2", "3"])
    }

    @Test(
        "may be one for all if the hosts have one name, or none",
        arguments: ["host=t,t port=1,2", "hostaddr=127.0.0.1,127.0.0.2", "host=t"]
    )
    func shared(hosts: String) throws {
        let found = try parameters("\(hosts) aws_rds_iam_host=x.example.com aws_rds_iam_port=5432")
        #expect(found.allSatisfy { $0["aws_rds_iam_host"] == "x.example.com" && $0["aws_rds_iam_port"] == "5432" })
    }

    @Test("are one port for all")
    func port() throws {
        #expect(try parameters("host=a,b aws_rds_iam_port=5432").map { $0["aws_rds_iam_port"] } == ["5432", "5432"])
    }

    @Test(
        "are refused if they are not as many as the hosts",
        arguments: [
            (
                "host=a,b aws_rds_iam_host=x",
                "The connection string's aws_rds_iam_host names one, and there are 2 hosts."
            ),
            (
                "host=a,b,c aws_rds_iam_host=x,y",
                "The connection string's aws_rds_iam_host names 2, and there are 3 hosts."
            ),
            (
                "host=a aws_rds_iam_host=x,y",
                "The connection string's aws_rds_iam_host names 2, and there is one host."
            ),
            (
                "host=a,b aws_rds_iam_port=1,2,3",
                "The connection string's aws_rds_iam_port names 3, and there are 2 hosts."
            ),
        ]
    )
    func refused(conninfo: String, message: String) throws {
        let error = try #require(throws: RDSIAMError.self) { try parameters(conninfo) }
        #expect(error.code == .invalidRequest)
        #expect(error.message.hasPrefix(message))
    }
}
