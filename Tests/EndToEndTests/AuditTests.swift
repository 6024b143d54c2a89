import AuthTokens
import Foundation
import PGConninfo
import PGRDSIAM
import TestSupport
import Testing
import TokenAuditLog

@Suite("The audit log of a connection", .timeLimit(.minutes(5)))
struct AuditTests {
    @Test("holds the token's row and the login's outcome, joined, and the fingerprint the server saw")
    func rows() async throws {
        let server = try await SharedServer.value
        let folder = try TemporaryFolder()
        let log = try await AuditLog.open(folder.path("log/audit.sqlite"))
        _ = try await RDSIAM.connect(
            server.tokenConninfo(user: "user18"),
            issuer: server.issuer(audit: .required(log)),
            environment: .bare
        )
        let all = try await AuditLogReader.open(log.path).page().entries.reversed().compactMap(\.record)
        let records = all.filter { $0.activity != .open }
        #expect(records.map(\.activity) == [.issue, .connectionAccepted])
        let issue = try #require(records.first)
        #expect(issue.target?.user == "user18")
        #expect(issue.target?.host == server.facts.host)
        #expect(issue.target?.region == "eu-west-2")
        #expect(issue.credential?.accessKeyID == (try Account(of: server).accessKeyID))
        #expect(records.last?.issueID == issue.id)
        #expect(try server.verdicts(on: "user18").map(\.token_sha256) == [issue.token?.fingerprint])
    }

    @Test("contains the reason of a refused login")
    func refused() async throws {
        let server = try await SharedServer.value
        let folder = try TemporaryFolder()
        let log = try await AuditLog.open(folder.path("audit.sqlite"))
        let wrong = try Account(of: server).credentials(secret: "wrong")
        await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(
                server.tokenConninfo(user: "user19"),
                issuer: server.issuer(audit: .required(log), credentials: wrong),
                environment: .bare
            )
        }
        let last = try await AuditLogReader.open(log.path).page(limit: 1).entries.first?.record
        #expect(last?.activity == .connectionRefused)
        #expect(last?.errorCode == "SQLSTATE.28000")
    }

    @Test("stops token and connection if it is required and cannot be written, but not if it is best effort")
    func unwritable() async throws {
        let server = try await SharedServer.value
        let folder = try TemporaryFolder()
        let log = try await AuditLog.open(folder.path("audit.sqlite"))
        await log.close()
        let conninfo = server.tokenConninfo(user: "user20")
        await #expect(throws: AuditLogError.self) {
            try await RDSIAM.connect(conninfo, issuer: server.issuer(audit: .required(log)), environment: .bare)
        }
        #expect(try server.verdicts(on: "user20").isEmpty)
        let issuer = try server.issuer(audit: .bestEffort(log))
        let connection = try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare)
        #expect(try await connection.value("select 1") == "1")
    }
}
