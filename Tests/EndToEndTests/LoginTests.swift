import AWSCredentialSources
import AuthTokens
import Foundation
import PGConninfo
import PGRDSIAM
import TestSupport
import Testing

@Suite("Logging in with a token", .timeLimit(.minutes(5)))
struct LoginTests {
    @Test("works from a keyword/value string")
    func keywordValue() async throws {
        let server = try await SharedServer.value
        let connection = try await RDSIAM.connect(
            server.tokenConninfo(user: "user1"),
            issuer: server.issuer(),
            environment: .bare
        )
        #expect(try await connection.value("select current_user") == "user1")
        #expect(try server.verdicts(on: "user1").map(\.verdict) == ["accepted"])
        #expect(connection.facts.host == server.facts.host)
        #expect(connection.facts.tlsVersion == "TLSv1.3")
    }

    @Test("works from a URI, the generator named in its query, in any spelling that libpq would decode")
    func uri() async throws {
        let server = try await SharedServer.value
        for name in ["aws_rds_iam_auth_token_generator", "aws%5Frds_iam_auth_token_gener%61tor"] {
            let uri = """
                postgresql://user2@\(server.facts.host):\(server.facts.port)/postgres?\(name)=default\
                &hostaddr=127.0.0.1&sslrootcert=\(server.facts.ca)
                """
            let connection = try await RDSIAM.connect(uri, issuer: server.issuer(), environment: .bare)
            #expect(try await connection.value("select current_user") == "user2")
        }
        #expect(try server.verdicts(on: "user2").map(\.verdict) == ["accepted", "accepted"])
    }

    @Test("works from a dictionary")
    func dictionary() async throws {
        let server = try await SharedServer.value
        let parameters = [
            "host": server.facts.host, "hostaddr": "127.0.0.1", "port": "\(server.facts.port)", "user": "user3",
            "dbname": "postgres", "sslrootcert": server.facts.ca, "aws_rds_iam_auth_token_generator": "default",
        ]
        let connection = try await RDSIAM.connect(parameters, issuer: server.issuer(), environment: .bare)
        #expect(try await connection.value("select current_user") == "user3")
    }

    @Test("works for a user whose name contains characters that must be encoded")
    func oddUser() async throws {
        let server = try await SharedServer.value
        let user = "odd a b+c@d/é~&="
        let connection = try await RDSIAM.connect(
            server.tokenConninfo(user: user),
            issuer: server.issuer(),
            environment: .bare
        )
        #expect(try await connection.value("select current_user") == user)
        #expect(try server.verdicts(on: user).map(\.verdict) == ["accepted"])
    }

    @Test("takes host, port, user and root certificate from the environment, as libpq does")
    func environment() async throws {
        let server = try await SharedServer.value
        let environment = ConninfoEnvironment(
            variables: [
                "PGHOST": server.facts.host, "PGHOSTADDR": "127.0.0.1", "PGPORT": "\(server.facts.port)",
                "PGUSER": "user4", "PGDATABASE": "postgres", "PGSSLROOTCERT": server.facts.ca,
            ]
        )
        let connection = try await RDSIAM.connect(
            "aws_rds_iam_auth_token_generator=default",
            issuer: server.issuer(),
            environment: environment
        )
        #expect(try await connection.value("select current_user") == "user4")
        #expect(connection.facts.host == server.facts.host)
    }

    @Test("leaves a connection string without a generator to libpq")
    func withoutGenerator() async throws {
        let server = try await SharedServer.value
        let connection = try await RDSIAM.connect(
            "host=\(server.facts.socket) port=\(server.facts.port) user=postgres dbname=postgres",
            issuer: server.issuer(),
            environment: .bare
        )
        #expect(try await connection.value("select current_user") == "postgres")
        #expect(connection.facts.tlsVersion == nil)
        #expect(connection.facts.tokenExpiresAt == nil)
    }

    @Test("uses a generator that the program registered, built once though many logins ask for it at the same time")
    func customGenerator() async throws {
        let server = try await SharedServer.value
        let account = try Account(of: server)
        let builds = Counter()
        try RDSIAM.generators.add("end-to-end") {
            builds.increment()
            return RDSGeneratorAs("user5", account.credentials())
        }
        defer { RDSIAM.generators.remove("end-to-end") }
        let conninfo = server.conninfo(user: "user5") + " aws_rds_iam_auth_token_generator=end-to-end sslmode=require"
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    let connection = try await RDSIAM.connect(conninfo, environment: .bare)
                    #expect(try await connection.value("select 1") == "1")
                }
            }
            try await group.waitForAll()
        }
        #expect(builds.count == 1)
        #expect(try server.verdicts(on: "user5").filter { $0.verdict == "accepted" }.count == 20)
    }

    @Test("runs statements in turn, tells NULL from empty, and reports the server's error")
    func statements() async throws {
        let server = try await SharedServer.value
        let connection = try await RDSIAM.connect(
            server.tokenConninfo(user: "user6"),
            issuer: server.issuer(),
            environment: .bare
        )
        let results = try await connection.execute("select 1 as a, null as b, '' as c; select 2")
        #expect(try results.map { try $0.rows.map { try $0.texts() } } == [[["1", nil, ""]], [["2"]]])
        #expect(results.first?.columns == ["a", "b", "c"])
        let error = await #expect(throws: PGError.self) { try await connection.execute("select 1/0") }
        #expect(error?.sqlState == "22012")
        #expect(try await connection.value("select 'still here'") == "still here")
        await connection.close()
        let closed = await #expect(throws: PGError.self) { try await connection.execute("select 1") }
        #expect(closed?.code == .closed)
    }
}
